"""Channels and contacts as they are saved: what is refused, what is kept secret."""

import json

import pytest
from django.core import serializers

from controller.accounts.models import AuditEntry
from controller.accounts.sealing import Seal
from controller.alerts.models import Route
from controller.errors import NotFound, Refused, VigieError
from controller.notify import selectors, services
from controller.notify.deliver import seal
from controller.notify.models import Channel

pytestmark = pytest.mark.django_db
SMTP = {"host": "mail.example.org", "sender": "vigie@example.org", "user": "vigie"}
PASSWORD = "ne-le-dites-a-personne"
URL_WITH_PASSWORD = f"https://vigie:{PASSWORD}@x.example"


def mail(**changes: object) -> Channel:
    values: dict[str, object] = {
        "key": "mail", "title": "Mail", "kind": "smtp", "settings": SMTP, "secret": PASSWORD,
        "actor": "cli:root",
    }  # fmt: skip
    return services.save_channel(**values | changes)  # type: ignore[arg-type]


def test_a_secret_is_sealed_kept_and_told_nowhere() -> None:
    mail()
    mail(title="The mail", secret=None)
    stored = Channel.objects.get()
    assert PASSWORD.encode() not in bytes(stored.secret)
    assert seal().open(bytes(stored.secret)) == PASSWORD
    told = [entry.details for entry in AuditEntry.objects.all()]
    told.append(json.loads(serializers.serialize("json", selectors.channels()))[0]["fields"])
    assert PASSWORD not in json.dumps(told, default=str)
    assert [entry.get("secret") for entry in told[:2]] == [None, "changed"]


def test_another_key_opens_no_secret_and_says_what_to_do() -> None:
    sealed = Seal("one", "channels").close(PASSWORD)
    with pytest.raises(VigieError, match="enter the secret again"):
        Seal("another", "channels").open(sealed)
    assert Seal("one", "channels").open(b"") == ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"key": "My Mail"}, "key is 'My Mail'"),
        ({"title": " "}, "title is"),
        ({"kind": "pigeon"}, "must be one of: smtp, apprise, webhook, alertmanager"),
        ({"settings": {**SMTP, "port": 0}}, "port is 0, must be from 1 to 65535"),
        ({"settings": {**SMTP, "sender": "vigie"}}, "sender is 'vigie'"),
        ({"settings": {**SMTP, "color": "red"}}, "setting 'color' is unknown"),
        ({"settings": {**SMTP, "security": "none"}}, "starttls or tls where there is a password"),
        ({"secret": None}, "enter its password too"),
        ({"kind": "webhook", "settings": {"url": "ftp://x"}}, "url is 'ftp://x'"),
        ({"kind": "webhook", "settings": {"url": "https://x.example"}, "secret": ""}, "secret is"),
        ({"kind": "webhook", "settings": {"url": "https://[x"}}, "url is 'https://\\[x'"),
        ({"kind": "webhook", "settings": {"url": URL_WITH_PASSWORD}}, "name and password in an"),
        ({"kind": "alertmanager", "settings": {"url": URL_WITH_PASSWORD}}, "in an address"),
        ({"kind": "apprise", "settings": {}, "secret": ""}, "must be an Apprise URL"),
    ],
)
def test_a_wrong_channel_is_refused_by_name(changes: dict[str, object], says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        mail(**changes)
    assert not Channel.objects.exists()
    assert PASSWORD not in str(refused.value)


def test_a_contact_is_saved_whole() -> None:
    mail()
    for address in ("marie@example.org", "m@example.org"):
        services.save_contact(key="marie", name="Marie", addresses=[("mail", address)], actor="x")
    found = selectors.contact("marie")
    assert [one.address for one in found.addresses.all()] == ["m@example.org"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"addresses": [("pigeon", "x")]}, "pigeon"),
        ({"addresses": [("mail", "marie")]}, "address is 'marie'"),
        ({"language": "de"}, "language is 'de'"),
        ({"least_severity": "some"}, "least_severity is 'some'"),
        ({"departments": ["Cantal"]}, "department is 'Cantal'"),
        ({"name": ""}, "name is ''"),
    ],
)
def test_a_wrong_contact_is_refused_by_name(changes: dict[str, object], says: str) -> None:
    mail()
    with pytest.raises(Refused, match=says):
        services.save_contact(**{"key": "marie", "name": "Marie", **changes})  # type: ignore[arg-type]


def test_a_contact_on_a_route_stays() -> None:
    services.save_contact(key="marie", name="Marie")
    Route.objects.create(key="it", title="IT", steps=[{"after_s": 0, "contacts": ["marie"]}])
    with pytest.raises(Refused, match="on route 'it'"):
        services.delete_contact("marie")
    Route.objects.all().delete()
    services.delete_contact("marie")
    with pytest.raises(NotFound):
        services.delete_contact("marie")


def test_a_secret_is_not_sent_to_another_place_unasked() -> None:
    mail()
    with pytest.raises(Refused, match="host is another one: enter the secret again"):
        mail(settings={**SMTP, "host": "elsewhere.example.org"}, secret=None)
    mail(settings={**SMTP, "host": "elsewhere.example.org"}, secret=PASSWORD)
    assert Channel.objects.get().settings["host"] == "elsewhere.example.org"
