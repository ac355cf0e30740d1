"""What people do about alerts and rules: checked, kept with its history, and audited."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from controller.accounts.models import AuditEntry
from controller.alerts import builtin, generation, selectors, services
from controller.alerts.models import Alert, Condition, Route, RuleVersion, Silence, StoredRule, Turn
from controller.errors import NotFound, Refused
from tests import fleets

pytestmark = pytest.mark.django_db

OWN: dict[str, Any] = {
    "key": "own",
    "title": {"fr": "La nôtre", "en": "Ours"},
    "match": {"subject": "device", "health": ["failed"]},
    "severity": "warning",
}


def fired(**more: Any) -> Alert:
    now = timezone.now()
    values: dict[str, Any] = {
        "fingerprint": "failed|device|pvp-63003-1/camera",
        "rule": "failed",
        "severity": "critical",
        "cause": "device",
        "culprit": "pvp-63003-1/camera",
        "kiosk": fleets.kiosk(),
        "device": "camera",
        "state": "firing",
        "since": now,
        "fired_at": now,
    }
    return Alert.objects.create(**values | more)


def audited() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_an_alert_is_acknowledged_with_who_and_why() -> None:
    alert = fired()
    before = generation.read()
    services.acknowledge(alert.pk, note="on my way", user=None, actor="marie")
    seen = selectors.alert(alert.pk)
    assert (seen.acknowledged_by, seen.note) == ("marie", "on my way")
    assert [(event.name, event.actor) for event in seen.events.all()] == [("acknowledged", "marie")]
    assert (audited(), generation.read()) == (["alert.acknowledge"], before + 1)


def test_what_is_over_cannot_be_acknowledged() -> None:
    alert = fired(state="resolved")
    with pytest.raises(Refused, match="is resolved: only one that fires"):
        services.acknowledge(alert.pk, note="", user=None)


def test_a_note_may_be_written_at_any_time_but_not_an_empty_one() -> None:
    alert = fired(state="resolved")
    services.note(alert.pk, note="it was the cable", user=None)
    assert selectors.alert(alert.pk).events.get().details == {"note": "it was the cable"}
    with pytest.raises(Refused, match="note is empty"):
        services.note(alert.pk, note=" ", user=None)
    with pytest.raises(NotFound):
        services.note(0, note="?", user=None)


def test_a_silence_has_a_reason_and_an_end_after_its_begin() -> None:
    now = timezone.now()
    given: dict[str, Any] = {"purpose": "silence", "starts_at": now, "user": None, "why": "known"}
    with pytest.raises(Refused, match=r"ends_at is .* must be after its begin"):
        services.silence(**given, ends_at=now)
    with pytest.raises(Refused, match="why is empty"):
        services.silence(**given | {"why": ""}, ends_at=now + timedelta(hours=1))
    with pytest.raises(Refused, match="purpose is 'nap', must be one of: silence, maintenance"):
        services.silence(**given | {"purpose": "nap"}, ends_at=now + timedelta(hours=1))
    with pytest.raises(Refused, match="site is 'nowhere'"):
        services.silence(**given, ends_at=now + timedelta(hours=1), site="nowhere")
    assert not Silence.objects.exists()


def test_a_silence_may_be_ended_before_its_time_once() -> None:
    now = timezone.now()
    made = services.silence(
        purpose="silence",
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        why="known",
        user=None,
        department="63",
    )
    assert selectors.silences() == [made]
    services.end_silence(made.pk, user=None, now=now)
    assert (selectors.silences(), selectors.silences(active=False)) == ([], [made])
    with pytest.raises(Refused, match="ended at"):
        services.end_silence(made.pk, user=None, now=now + timedelta(seconds=1))
    assert audited() == ["silence.begin", "silence.end"]


def test_a_rule_keeps_its_history_and_can_be_as_it_was() -> None:
    services.ensure_builtin()
    services.save_rule(OWN, why="ours", user=None, actor="marie")
    services.save_rule(OWN | {"severity": "critical"}, why="graver", user=None, actor="marie")
    services.revert_rule("own", 1, why="", user=None, actor="paul")
    assert selectors.rule("own").severity == "warning"
    history = selectors.rule_history("own")
    assert [(one.version, one.actor, one.why) for one in history] == [
        (3, "paul", "as in version 1"),
        (2, "marie", "graver"),
        (1, "marie", "ours"),
    ]


def test_a_rule_that_cannot_be_is_refused_by_field_value_and_remedy() -> None:
    services.ensure_builtin()
    for given, text in (
        (OWN | {"severity": "awful"}, r"Invalid enum value 'awful' - at `\$.severity`"),
        (OWN | {"route": "nobody"}, "route is 'nobody', must be one of: default"),
        (OWN | {"for_s": -1}, r"at `\$.for_s`"),
        (OWN | {"match": {"subject": "metric"}}, "needs a match.threshold"),
        (OWN | {"shape": "round"}, "unknown field `shape`"),
    ):
        with pytest.raises(Refused, match=text):
            services.save_rule(given, why="", user=None)


def test_the_built_in_rules_come_once_and_leave_what_people_made_of_them() -> None:
    assert services.ensure_builtin() == len(builtin.rules())
    assert services.ensure_builtin() == 0
    edited = selectors.rule("offline")
    body = StoredRule.objects.get(pk="offline").body | {"for_s": 1200}
    services.save_rule(body, why="slow lines", user=None)
    services.delete_rule("silent", why="not here", user=None)
    assert services.ensure_builtin() == 0
    assert (edited.for_s, selectors.rule("offline").for_s) == (600, 1200)
    assert StoredRule.objects.get(pk="offline").is_edited
    assert "silent" not in {row.key for row in selectors.rules()}


def test_a_release_that_improves_a_rule_improves_the_stored_one() -> None:
    services.ensure_builtin()
    row = StoredRule.objects.get(pk="offline")
    row.body = row.body | {"for_s": 1}
    row.save()
    assert services.ensure_builtin() == 1
    assert selectors.rule("offline").for_s == 600
    assert RuleVersion.objects.filter(rule="offline").count() == 2


def test_a_route_names_contacts_and_stays_while_a_rule_goes_by_it() -> None:
    services.ensure_builtin()
    steps = [{"after_s": 600, "contacts": ["boss"]}, {"after_s": 0, "contacts": ["it"]}]
    services.save_route("night", "At night", steps, actor="marie")
    assert [step["after_s"] for step in Route.objects.get(pk="night").steps] == [0, 600]
    services.save_rule(OWN | {"route": "night"}, why="", user=None)
    with pytest.raises(Refused, match="is of rule 'own'"):
        services.delete_route("night")
    services.delete_rule("own", why="", user=None)
    services.delete_route("night")
    with pytest.raises(Refused, match="stays"):
        services.delete_route("default")


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([{"after_s": -1, "contacts": ["it"]}], "step 1 of route 'r': .*after_s"),
        ([{"after_s": 0, "contacts": []}], "step 1 of route 'r' has no contacts"),
        ([{"after_s": 0, "contacts": ["a"]}] * 2, "two steps at the same after_s"),
        ([{"contacts": ["a"]}], "step 1 of route 'r': .*after_s"),
    ],
)
def test_a_step_that_cannot_be_is_refused(steps: list[dict[str, Any]], text: str) -> None:
    with pytest.raises(Refused, match=text):
        services.save_route("r", "R", steps)


def test_a_condition_is_new_once_and_says_when_kiosks_are_heard_again() -> None:
    now = timezone.now()
    assert services.set_condition("broker-away", "", {}, now)
    assert not services.set_condition("broker-away", "", {"tries": 3}, now)
    assert Condition.objects.get().details == {"tries": 3}
    later = now + timedelta(minutes=5)
    assert services.clear_condition("broker-away", "", later)
    assert not services.clear_condition("broker-away", "", later)
    assert Turn.objects.get().deaf_until == later
