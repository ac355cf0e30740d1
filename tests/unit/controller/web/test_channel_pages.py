"""Contacts, channels and routes as an administrator sets them up."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from controller.accounts.roles import Role
from controller.alerts.models import Route
from controller.alerts.services import ensure_builtin
from controller.notify.models import Channel, Contact, Notification
from tests.people import browser

pytestmark = pytest.mark.django_db
SMTP = {
    "key": "mail",
    "title": "Messagerie",
    "is_enabled": "on",
    "host": "mail.example.org",
    "port": "587",
    "security": "starttls",
    "sender": "vigie@example.org",
    "user": "vigie",
    "secret": "very-secret-42",
}


@pytest.fixture
def administrator() -> Client:
    return browser(Role.ADMINISTRATOR)


def said(client: Client, address: str, given: dict[str, Any]) -> str:
    return client.post(address, given, follow=True).content.decode().replace("\u00a0", " ")


def test_a_channel_is_made_and_its_secret_never_shown(administrator: Client) -> None:
    content = said(administrator, "/new-channel/smtp", SMTP)
    made = Channel.objects.get()
    assert made.settings["port"] == 587
    assert b"very-secret-42" not in bytes(made.secret)
    assert "very-secret-42" not in content
    assert "very-secret-42" not in administrator.get("/channels").content.decode()


def test_an_empty_secret_keeps_the_one_there_is(administrator: Client) -> None:
    said(administrator, "/new-channel/smtp", SMTP)
    kept = bytes(Channel.objects.get().secret)
    said(administrator, "/channels/mail", SMTP | {"secret": "", "title": "Courrier"})
    made = Channel.objects.get()
    assert (made.title, bytes(made.secret)) == ("Courrier", kept)


def test_what_a_channel_lacks_is_said_at_its_field(administrator: Client) -> None:
    content = said(administrator, "/new-channel/smtp", SMTP | {"security": "none"})
    assert 'id="id_security_error"' in content
    content = said(administrator, "/new-channel/apprise", {"key": "sms", "title": "SMS"})
    assert 'id="id_secret_error"' in content
    assert not Channel.objects.exists()


def test_a_test_message_is_answered_in_words(administrator: Client) -> None:
    said(administrator, "/new-channel/webhook", {
        "key": "hook", "title": "Webhook", "is_enabled": "on",
        "url": "http://127.0.0.1:9/", "secret": "whsec_key",
    })  # fmt: skip
    assert "Pas accepté" in said(administrator, "/channels/hook/test", {})


def test_a_contact_is_reached_by_its_ways(administrator: Client) -> None:
    said(administrator, "/new-channel/smtp", SMTP)
    said(administrator, "/new-contact", {
        "key": "support", "name": "Support", "language": "fr", "is_enabled": "on",
        "least_severity": "warning", "channel_1": "mail", "address_1": "support@example.org",
        "departments": ["63"], "digest_at": "07:30",
    })  # fmt: skip
    made = Contact.objects.get()
    assert [way.address for way in made.addresses.all()] == ["support@example.org"]
    content = administrator.get("/channels").content.decode()
    assert "support@example.org" in content
    assert "07:30" in content


def test_an_address_that_its_channel_cannot_reach_is_refused(administrator: Client) -> None:
    said(administrator, "/new-channel/smtp", SMTP)
    content = said(administrator, "/new-contact", {
        "key": "support", "name": "Support", "language": "fr", "least_severity": "info",
        "channel_1": "mail", "address_1": "nobody",
    })  # fmt: skip
    assert 'id="id_address_1_error"' in content
    assert not Contact.objects.exists()


def test_a_route_tells_one_after_the_other(administrator: Client) -> None:
    for key in ("support", "oncall"):
        Contact.objects.create(key=key, name=key.title())
    said(administrator, "/new-route", {
        "key": "night", "title": "La nuit", "after_1": "30 min", "contacts_1": ["oncall"],
        "after_2": "", "contacts_2": ["support"],
    })  # fmt: skip
    assert Route.objects.get(pk="night").steps == [
        {"after_s": 0, "contacts": ["support"]},
        {"after_s": 1800, "contacts": ["oncall"]},
    ]
    assert "au bout de 30 min" in administrator.get("/routes").content.decode().replace(
        "\u00a0", " "
    )


def test_two_steps_at_the_same_time_are_refused_at_their_field(administrator: Client) -> None:
    Contact.objects.create(key="support", name="Support")
    content = said(administrator, "/new-route", {
        "key": "night", "title": "La nuit", "after_1": "5 min", "contacts_1": ["support"],
        "after_2": "300 s", "contacts_2": ["support"],
    })  # fmt: skip
    assert 'id="id_after_2_error"' in content
    assert not Route.objects.filter(pk="night").exists()


def test_what_others_rely_on_is_not_deleted_and_the_page_says_why(administrator: Client) -> None:
    ensure_builtin()
    Contact.objects.create(key="support", name="Support")
    Route.objects.filter(pk="default").update(steps=[{"after_s": 0, "contacts": ["support"]}])
    assert "Retirez-le d’abord" in said(administrator, "/contacts/support/delete", {})
    assert "Ce circuit reste" in said(administrator, "/routes/default/delete", {})
    assert (Contact.objects.count(), Route.objects.count()) == (1, 1)


def test_what_nobody_relies_on_is_deleted(administrator: Client) -> None:
    said(administrator, "/new-channel/smtp", SMTP)
    Contact.objects.create(key="support", name="Support")
    Route.objects.create(key="night", title="La nuit")
    for address in ("channels/mail", "contacts/support", "routes/night"):
        said(administrator, f"/{address}/delete", {})
    left = [model.objects.count() for model in (Channel, Contact, Route)]
    assert left == [0, 0, 0]


def test_a_technician_reads_and_changes_nothing() -> None:
    technician = browser(Role.TECHNICIAN)
    assert technician.get("/channels").status_code == 200
    assert technician.get("/new-channel/smtp").status_code == 403
    assert technician.post("/channels/mail/test").status_code == 403


def test_many_contacts_and_messages_cost_no_more_queries_than_one(
    administrator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    channel = Channel.objects.create(key="mail", title="Mail", kind="smtp")
    for number in range(20):
        made = Contact.objects.create(key=f"c{number}", name=f"C {number}")
        made.addresses.create(channel=channel, address=f"c{number}@example.org")
        Notification.objects.create(
            key=str(number), kind="fired", contact=made, channel=channel, recipient=made.name,
            title="t", text="t", created_at=timezone.now(),
        )  # fmt: skip
    # Session, user, groups, two of rights, alerts to take; channels; contacts, addresses, their
    # channels; messages, their tries and alerts.
    with django_assert_max_num_queries(13):
        administrator.get("/channels")
