"""Alerts as people read them, and what they do about them."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.alerts import services
from controller.alerts.models import Alert, Member, Silence, StoredRule
from controller.alerts.services import ensure_builtin
from controller.fleet.models import Kiosk
from controller.notify.models import Notification, Try
from controller.web import alert_words
from controller.web.following import touched_since
from tests import alerted, fleets
from tests.people import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def kiosk(now: datetime) -> Kiosk:
    made = fleets.kiosk()
    fleets.status(made, now)
    return made


@pytest.fixture
def technician() -> Client:
    return browser(Role.TECHNICIAN)


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode().replace("\u00a0", " ")


def sent(client: Client, address: str, **said: str) -> str:
    return client.post(address, said, follow=True).content.decode().replace("\u00a0", " ")


def test_an_open_alert_says_what_where_and_that_nobody_has_it(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    alerted.alert(kiosk, now - timedelta(hours=2))
    content = text(technician, "/alerts")
    assert alerted.TITLE in content
    assert "Ambert (63)" in content
    assert "il y a 2 h" in content
    assert "<strong>1</strong> alerte attend quelqu’un" in content


def test_the_most_severe_comes_first(technician: Client, kiosk: Kiosk, now: datetime) -> None:
    alerted.alert(kiosk, now - timedelta(hours=2))
    alerted.alert(
        kiosk, now, rule="camera-failed", severity="critical", fingerprint="other", kind="camera"
    )
    content = text(technician, "/alerts")
    assert content.index("Caméra") < content.index(alerted.TITLE)


def test_without_an_alert_the_page_says_that_all_is_quiet(technician: Client) -> None:
    assert "Tout est calme" in text(technician, "/alerts")


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("severity=warning", True),
        ("severity=critical", False),
        ("department=63", True),
        ("department=15", False),
        ("taken=no", True),
        ("taken=yes", False),
        ("show=muted", False),
        ("show=nonsense&severity=terrible", True),
    ],
)
def test_filters_narrow_the_list(
    technician: Client, kiosk: Kiosk, now: datetime, query: str, is_shown: bool
) -> None:
    alerted.alert(kiosk, now)
    assert (alerted.TITLE in text(technician, f"/alerts/board?{query}")) is is_shown


def test_an_alert_hidden_by_a_wider_one_is_told_there_alone(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    wide = alerted.alert(
        None, now, fingerprint="wide", rule="offline", cause="provider", culprit="Orange", device=""
    )
    Member.objects.create(alert=wide, kiosk=kiosk, joined_at=now)
    alerted.alert(kiosk, now, hidden_by=wide)
    content = text(technician, "/alerts")
    assert "1 borne concernée" in content
    assert alerted.TITLE not in content
    assert alerted.TITLE in text(technician, "/alerts?show=hidden")


def test_many_alerts_cost_no_more_queries_than_one(
    technician: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        alerted.alert(fleets.kiosk(f"pvp-{number}"), now)
    # Session, user, groups, two of rights, the count, cursor (2), alerts, members, titles.
    with django_assert_max_num_queries(11):
        text(technician, "/alerts")


def test_the_page_of_an_alert_tells_who_was_told_and_who_is_next(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    made = alerted.alert(kiosk, now)
    notice = Notification.objects.create(
        key="1", kind="fired", recipient="Le support", title="t", text="t", created_at=now, tries=1
    )
    notice.alerts.add(made)
    Try.objects.create(notification=notice, at=now, has_worked=False, answer="connection refused")
    content = text(technician, f"/alerts/{made.pk}")
    for words in ("Le support", "connection refused", "au bout de 30 min", "Remettez du papier"):
        assert words in content


def test_the_runbook_is_in_the_readers_language(kiosk: Kiosk, now: datetime) -> None:
    made = alerted.alert(kiosk, now)
    assert "Put paper into" in text(browser(Role.VIEWER, "en"), f"/alerts/{made.pk}")


def test_what_a_runbook_marks_as_code_is_shown_so_and_nothing_else_is_markup(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    advice = {"technician": {"fr": "`no-carrier` : câble.\n<b>`x<y`</b>", "en": ""}}
    rule = {"title": {"fr": "Réseau", "en": ""}, "runbook": advice}
    made = alerted.alert(kiosk, now, policy={"rule": rule})
    content = text(technician, f"/alerts/{made.pk}")
    assert "<code>no-carrier</code> : câble.<br>&lt;b&gt;<code>x&lt;y</code>&lt;/b&gt;" in content


def test_taking_an_alert_up_says_who_has_it(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    made = alerted.alert(kiosk, now)
    content = sent(technician, f"/alerts/{made.pk}/acknowledge", note="J’appelle la mairie.")
    made.refresh_from_db()
    assert made.acknowledged_by == "technician"
    assert "J’appelle la mairie." in content
    assert AuditEntry.objects.get(action="alert.acknowledge").address == "127.0.0.1"


def test_an_alert_that_is_over_cannot_be_taken_up(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    made = alerted.alert(kiosk, now, state="resolved", resolved_at=now)
    sent(technician, f"/alerts/{made.pk}/acknowledge", note="")
    made.refresh_from_db()
    assert made.acknowledged_at is None


def test_a_note_is_read_in_the_story_of_the_alert(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    made = alerted.alert(kiosk, now)
    assert "bac 2 vide" in sent(technician, f"/alerts/{made.pk}/note", note="bac 2 vide")
    assert "Écrivez d’abord" in sent(technician, f"/alerts/{made.pk}/note", note=" ")


def test_muting_covers_the_alert_alone_and_ends_by_itself(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    made = alerted.alert(kiosk, now)
    until = timezone.localtime(now + timedelta(hours=3))
    said = {"reach": "alert", "ends_at": f"{until:%Y-%m-%dT%H:%M}", "why": "papier commandé"}
    sent(technician, f"/alerts/{made.pk}/mute", **said)
    silence = Silence.objects.get()
    assert (silence.rule, silence.kind, silence.kiosk_id) == (alerted.RULE, "printer", kiosk.pk)
    assert silence.ends_at == until.replace(second=0, microsecond=0)


def test_muting_until_yesterday_is_refused_at_its_field(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    made = alerted.alert(kiosk, now)
    said = {"reach": "alert", "ends_at": "2020-01-01T08:00", "why": "oups"}
    content = sent(technician, f"/alerts/{made.pk}/mute", **said)
    assert 'id="mute_ends_at_error"' in content
    assert not Silence.objects.exists()


def test_a_viewer_reads_and_does_nothing(kiosk: Kiosk, now: datetime) -> None:
    made = alerted.alert(kiosk, now)
    viewer = browser(Role.VIEWER)
    assert "/acknowledge" not in text(viewer, f"/alerts/{made.pk}")
    for act in ("acknowledge", "note", "mute"):
        assert viewer.post(f"/alerts/{made.pk}/{act}", {"note": "x"}).status_code == 403
    assert Alert.objects.get().note == ""


def test_every_condition_of_the_controller_has_words() -> None:
    ensure_builtin()
    bodies = StoredRule.objects.values_list("body", flat=True)
    named = {name for body in bodies for name in body["match"]["conditions"]}
    assert named == set(alert_words.CONDITION)


def test_an_alert_of_a_failing_channel_leads_to_it(now: datetime) -> None:
    made = alerted.alert(
        None, now, rule="channel-failing", cause="controller", culprit="mail", device="",
        kind="", reasons=["channel-failing"], details={"condition": "channel-failing"},
    )  # fmt: skip
    content = text(browser(Role.ADMINISTRATOR), f"/alerts/{made.pk}")
    assert 'href="/channels/mail"' in content
    assert "mail : les messages n’en partent plus" in content


def test_history_keeps_what_is_over(technician: Client, kiosk: Kiosk, now: datetime) -> None:
    alerted.alert(kiosk, now, state="resolved", resolved_at=now)
    assert alerted.TITLE not in text(technician, "/alerts/board")
    assert alerted.TITLE in text(technician, f"/alerts/history?kiosk={kiosk.pk}")
    assert "Aucune alerte ne correspond" in text(technician, "/alerts/history?department=15")


def test_the_pages_of_kiosk_and_fleet_show_what_is_open(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    alerted.alert(kiosk, now)
    assert alerted.TITLE in text(technician, f"/kiosks/{kiosk.pk}")
    assert 'href="/alerts"' in text(technician, "/board")


def test_an_alert_about_a_certificate_leads_to_its_kiosk_and_is_on_its_page(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    made = alerted.alert(
        None, now, rule="certificate-expiring", cause="controller", culprit=kiosk.pk, device="",
        kind="", reasons=["certificate-expiring"], details={"condition": "certificate-expiring"},
        policy={"rule": {"title": {"fr": "Certificat bientôt expiré", "en": ""}}},
    )  # fmt: skip
    fleets.kiosk("pvp-63003-2")
    assert f'href="/kiosks/{kiosk.pk}#acts"' in text(technician, f"/alerts/{made.pk}")
    assert "Certificat bientôt expiré" in text(technician, f"/kiosks/{kiosk.pk}")
    assert "Certificat bientôt expiré" not in text(technician, "/kiosks/pvp-63003-2")


def test_a_wider_cause_is_on_the_pages_of_the_kiosks_it_still_concerns(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    other = fleets.kiosk("pvp-63003-2")
    made = alerted.alert(
        None, now, cause="site", culprit=kiosk.site.code, device="", kind="", reasons=[],
        policy={"rule": {"title": {"fr": "Site coupé", "en": ""}}},
    )  # fmt: skip
    Member.objects.create(alert=made, kiosk=kiosk, joined_at=now)
    Member.objects.create(alert=made, kiosk=other, joined_at=now, left_at=now)
    assert "Site coupé" in text(technician, f"/kiosks/{kiosk.pk}")
    assert "Site coupé" not in text(technician, f"/kiosks/{other.pk}")


def test_a_silence_is_announced_listed_and_ended(technician: Client, kiosk: Kiosk) -> None:
    tomorrow = timezone.localtime(timezone.now() + timedelta(days=1))
    said = {
        "purpose": "maintenance",
        "kiosk": kiosk.pk,
        "ends_at": f"{tomorrow:%Y-%m-%dT%H:%M}",
        "why": "nouveau routeur",
    }
    assert "nouveau routeur" in sent(technician, "/new-silence", **said)
    made = Silence.objects.get()
    assert "terminé" in sent(technician, f"/silences/{made.pk}/end")
    made.refresh_from_db()
    assert made.ends_at <= timezone.now()


def test_a_silence_of_a_kiosk_that_is_not_there_is_refused_at_its_field(
    technician: Client,
) -> None:
    said = {"purpose": "silence", "kiosk": "nowhere", "ends_at": "2099-01-01T08:00", "why": "x"}
    content = sent(technician, "/new-silence", **said)
    assert 'id="id_kiosk_error"' in content
    assert 'id="id_ends_at_error"' in content
    assert not Silence.objects.exists()


@pytest.mark.parametrize("rule", ["", alerted.RULE])
def test_no_place_mutes_the_region_only_when_that_is_ticked(technician: Client, rule: str) -> None:
    ensure_builtin()
    until = timezone.localtime(timezone.now() + timedelta(days=1))
    said = {"purpose": "silence", "rule": rule, "ends_at": f"{until:%Y-%m-%dT%H:%M}", "why": "x"}
    assert 'id="id_everywhere_error"' in sent(technician, "/new-silence", **said)
    assert not Silence.objects.exists()
    sent(technician, "/new-silence", **said, everywhere="on")
    made = Silence.objects.get()
    assert (made.rule, made.department, made.site, made.kiosk) == (rule, "", "", None)


def test_a_place_and_the_whole_region_are_not_both(technician: Client, kiosk: Kiosk) -> None:
    said = {"purpose": "silence", "kiosk": kiosk.pk, "everywhere": "on", "why": "x"}
    assert 'id="id_everywhere_error"' in sent(technician, "/new-silence", **said)
    assert not Silence.objects.exists()


def test_kiosks_are_proposed_where_one_is_muted(technician: Client, kiosk: Kiosk) -> None:
    fleets.kiosk("pvp-63003-9", lifecycle="retired")
    content = text(technician, "/new-silence")
    assert f'<option value="{kiosk.pk}">' in content
    assert "pvp-63003-9" not in content


def test_something_that_happened_to_an_alert_wakes_its_pages(kiosk: Kiosk, now: datetime) -> None:
    made = alerted.alert(kiosk, now - timedelta(hours=1))
    later = now + timedelta(seconds=1)
    assert touched_since(later) == {}
    services.note(made.pk, note="vu", user=None, actor="cli:root", now=later + timedelta(seconds=1))
    assert list(touched_since(later)) == [kiosk.pk]


def test_many_alerts_of_the_past_cost_no_more_queries_than_one(
    technician: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        alerted.alert(fleets.kiosk(f"pvp-{number}"), now, state="resolved", resolved_at=now)
    # Session, user, groups, two of rights, alerts to take; count, rows, members, kiosks, titles.
    with django_assert_max_num_queries(11):
        assert "Page 1 sur 2" in text(technician, "/alerts/history")


def test_many_silences_cost_no_more_queries_than_one(
    technician: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        services.silence(
            purpose="silence", starts_at=now, ends_at=now + timedelta(days=1), why="essai",
            kiosk=fleets.kiosk(f"pvp-{number}"), user=None, actor="cli:root",
        )  # fmt: skip
    # Session, user, groups, two of rights, alerts to take; active, ended, titles.
    with django_assert_max_num_queries(9):
        text(technician, "/silences")
