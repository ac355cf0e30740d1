"""Several kiosks with one cause: one alert that names it."""

from datetime import timedelta

from controller.alerts.alert import Cause, State, Told
from tests.alarms import HOUR, MINUTE, RULES, Stage, rule

PLATFORM = rule(
    "platform",
    match={"subject": "device", "kinds": ["video-platform"], "health": ["failed"]},
    gathers=["fleet", "provider", "department"],
)


def test_kiosks_of_a_provider_that_go_dark_are_one_alert() -> None:
    stage = Stage()
    names = stage.fleet(8, department="63")
    for name in names:
        stage.dark(name)
        stage.passes(30 * timedelta(seconds=1))
    stage.passes(HOUR - MINUTE)
    assert stage.messages[:1] == ["fired offline Orange"]
    assert [m for m in stage.messages if m.startswith("fired")] == ["fired offline Orange"]
    assert stage.alert("Orange").members == frozenset(names)


def test_the_narrower_cause_is_named_when_it_explains_as_much() -> None:
    stage = Stage()
    stage.fleet(6, provider="", department="63")
    for name in ("k1", "k2", "k3", "k4", "k5", "k6"):
        stage.dark(name)
    stage.passes(15 * MINUTE)
    assert stage.messages == ["fired offline 63"]
    assert stage.alert("63").cause is Cause.DEPARTMENT


def test_all_kiosks_of_a_site_are_one_alert_and_a_part_of_them_is_not() -> None:
    stage = Stage()
    stage.fleet(6)
    for name in ("k1", "k2"):
        stage.say(name, site="ambert")
    stage.dark("k1")
    stage.passes(20 * MINUTE)
    assert stage.messages == ["fired offline k1"]
    stage.back("k1")
    stage.passes(2 * HOUR)
    stage.dark("k1", "k2")
    stage.passes(15 * MINUTE)
    assert stage.messages[2:] == ["fired offline ambert"]


def test_one_that_goes_dark_later_joins_without_a_message() -> None:
    stage = Stage()
    names = stage.fleet(8)
    stage.dark(*names[:7])
    stage.passes(15 * MINUTE)
    stage.dark(names[7])
    stage.passes(30 * MINUTE)
    assert stage.messages == ["fired offline Orange"]
    assert stage.alert("Orange").members == frozenset(names)


def test_those_that_come_back_leave_and_the_last_ends_it() -> None:
    stage = Stage()
    names = stage.fleet(5)
    stage.dark(*names)
    stage.passes(15 * MINUTE)
    for name in names:
        stage.back(name)
        stage.passes(MINUTE)
    stage.passes(10 * MINUTE)
    assert stage.messages == ["fired offline Orange", "resolved offline Orange"]
    assert len(stage.events(Told.LEFT)) == 5


def test_one_that_stays_dark_when_the_others_are_back_is_told_by_itself() -> None:
    stage = Stage()
    names = stage.fleet(5)
    stage.dark(*names)
    stage.passes(15 * MINUTE)
    stage.back(*names[1:])
    stage.passes(20 * MINUTE)
    assert stage.messages == [
        "fired offline Orange",
        "resolved offline Orange",
        "fired offline k1",
    ]


def test_an_alert_of_one_kiosk_is_absorbed_by_the_wider_cause() -> None:
    stage = Stage()
    names = stage.fleet(5)
    stage.dark(names[0])
    stage.passes(11 * MINUTE)
    stage.dark(*names[1:])
    stage.passes(30 * MINUTE)
    assert stage.messages == ["fired offline k1", "fired offline Orange"]
    assert stage.open == ["offline Orange"]


def test_kiosks_lost_hours_before_are_no_part_of_it() -> None:
    stage = Stage()
    names = stage.fleet(8)
    stage.dark(names[0])
    stage.passes(3 * HOUR, step=10 * MINUTE)
    stage.dark(*names[1:])
    stage.passes(15 * MINUTE)
    assert sorted(stage.open) == ["offline Orange", "offline k1"]
    assert names[0] not in stage.alert("Orange").members


def test_a_service_that_is_down_for_all_is_one_alert_of_the_fleet() -> None:
    stage = Stage([PLATFORM, *RULES])
    for name in (*stage.fleet(6), "other1", "other2", "other3"):
        stage.device("video-platform", "failed", "unreachable", of=name)
    stage.passes(10 * MINUTE)
    assert stage.messages == ["fired platform fleet"]
    for name in list(stage.world.kiosks):
        stage.device("video-platform", "ok", of=name)
    stage.passes(10 * MINUTE)
    assert stage.messages == ["fired platform fleet", "resolved platform fleet"]


def test_kiosks_not_switched_on_have_the_cause_of_those_that_went_dark() -> None:
    stage = Stage()
    names = stage.fleet(6)
    closed = "Mo-Fr 09:00-09:25,09:36-17:00"  # as if at lunch when the line is cut
    for name in names[:2]:
        stage.say(name, hours=closed)
    stage.dark(*names)
    stage.passes(HOUR)
    assert [m for m in stage.messages if m.startswith("fired")] == ["fired offline Orange"]
    assert stage.alert("Orange").members == frozenset(names)


def test_of_a_rule_that_counts_by_night_kiosks_of_all_hours_have_one_cause() -> None:
    by_night = rule(
        "offline", match={"subject": "presence"}, when="always", gathers=["fleet", "provider"]
    )
    stage = Stage(rules=(by_night,))
    names = stage.fleet(6)
    for name, opens in zip(
        names, ("10:00", "11:00", "12:00", "13:00", "14:00", "15:00"), strict=True
    ):
        stage.say(name, hours=f"Mo-Fr {opens}-17:00")
    stage.dark(*names)
    stage.passes(HOUR)
    assert stage.messages == ["fired offline Orange"]


def test_a_kiosk_in_maintenance_leaves_a_wider_cause() -> None:
    stage = Stage()
    names = stage.fleet(5)
    stage.dark(*names)
    stage.passes(15 * MINUTE)
    stage.say(names[0], is_active=False)
    stage.passes(MINUTE)
    assert stage.alert("Orange").members == frozenset(names[1:])
    assert stage.alert("Orange").state is State.FIRING
