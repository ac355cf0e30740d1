"""A kiosk that is dark: when that is an alert, and when it is as it should be."""

from datetime import UTC, datetime, timedelta

from controller.alerts.alert import State, Told
from tests.alarms import HOUR, MINUTE, RULES, SILENT, START, TOWN_HALL, Stage


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant in November 2026, by Auvergne's wall clock."""
    return datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC)


def test_a_kiosk_that_stays_dark_is_told_once_and_its_return_once() -> None:
    stage = Stage()
    stage.kiosk()
    stage.dark("k1")
    stage.passes(9 * MINUTE)
    assert stage.messages == []
    stage.passes(20 * MINUTE)
    assert stage.messages == ["fired offline k1"]
    stage.back("k1")
    stage.passes(10 * MINUTE)
    assert stage.messages == ["fired offline k1", "resolved offline k1"]
    assert stage.open == []


def test_a_reboot_is_no_alert() -> None:
    stage = Stage()
    stage.kiosk()
    stage.dark("k1")
    stage.passes(5 * MINUTE)
    stage.back("k1")
    stage.passes(HOUR)
    assert stage.messages == []
    assert stage.events(Told.DROPPED) == ["offline k1"]


def test_a_kiosk_switched_off_at_night_is_as_it_should_be() -> None:
    stage = Stage(now=at(24, 16, 50))
    stage.kiosk(hours=TOWN_HALL)
    stage.dark("k1")
    stage.passes(timedelta(hours=15))
    assert stage.messages == []
    stage.now = at(25, 8, 50)
    stage.back("k1")
    stage.passes(HOUR)
    assert stage.messages == []


def test_a_kiosk_not_switched_on_after_opening_is_told_when_its_grace_is_over() -> None:
    stage = Stage(now=at(24, 18))
    stage.kiosk(hours=TOWN_HALL)
    stage.dark("k1")
    stage.passes(timedelta(hours=18))
    told = [(when, alert.rule) for when, alert, event in stage.told if event.name is Told.FIRED]
    assert told == [(at(25, 9, 25), "not-on")]


def test_a_kiosk_lost_at_noon_is_not_told_while_its_host_is_at_lunch() -> None:
    stage = Stage(now=at(24, 11, 20))
    stage.kiosk(hours="Mo-Fr 09:00-11:25,14:00-17:00")
    stage.dark("k1")
    stage.passes(2 * HOUR)
    assert stage.messages == []


def test_a_public_holiday_is_no_working_day() -> None:
    stage = Stage(now=at(10, 17, 30))
    stage.kiosk(hours=f"{TOWN_HALL}; PH off")
    stage.dark("k1")
    stage.passes(timedelta(hours=36))
    assert stage.messages == []


def test_a_link_that_flaps_is_told_once_and_must_stay_up_for_longer_each_time() -> None:
    stage = Stage()
    stage.kiosk()
    stage.dark("k1")
    stage.passes(11 * MINUTE)
    for _ in range(4):
        stage.back("k1")
        stage.passes(3 * MINUTE)
        stage.dark("k1")
        stage.passes(3 * MINUTE)
    assert stage.messages == ["fired offline k1"]
    assert stage.alert("k1").flaps == 4
    stage.back("k1")
    stage.passes(79 * MINUTE)
    assert stage.alert("k1").state is State.CLEARING
    stage.passes(MINUTE)
    assert stage.messages == ["fired offline k1", "resolved offline k1"]


def test_a_connected_kiosk_that_says_nothing_is_silent_and_not_dark() -> None:
    stage = Stage([*RULES, SILENT])
    stage.kiosk()
    stage.passes(3 * HOUR)
    assert stage.messages[:1] == ["fired silent k1"]
    assert stage.told[0][0] == START + 2 * HOUR


def test_a_silent_kiosk_that_goes_dark_has_one_alert() -> None:
    stage = Stage([*RULES, SILENT])
    stage.kiosk()
    stage.passes(2 * HOUR)
    stage.dark("k1")
    stage.passes(11 * MINUTE)
    assert stage.open == ["offline k1"]


def test_a_kiosk_in_maintenance_has_no_alert_and_its_alerts_end_without_a_word() -> None:
    stage = Stage()
    stage.kiosk()
    stage.dark("k1")
    stage.passes(11 * MINUTE)
    stage.quiet(is_maintenance=True, lasts=HOUR, kiosk="k1")
    stage.passes(59 * MINUTE)
    assert (stage.open, stage.messages) == ([], ["fired offline k1"])


def test_what_is_amiss_after_maintenance_counts_from_its_end() -> None:
    stage = Stage()
    stage.kiosk()
    stage.quiet(is_maintenance=True, lasts=HOUR)
    stage.dark("k1")
    stage.passes(HOUR + 9 * MINUTE)
    assert stage.messages == []
    stage.passes(MINUTE)
    assert stage.messages == ["fired offline k1"]


def test_while_the_broker_is_away_no_kiosk_is_judged_dark_and_one_alert_says_why() -> None:
    stage = Stage()
    names = stage.fleet(6)
    stage.condition("broker-away")
    stage.dark(*names)
    stage.passes(HOUR)
    assert stage.messages == [
        "fired away broker-away",
    ]
    stage.condition()
    stage.passes(9 * MINUTE)
    stage.back(*names)
    stage.passes(HOUR)
    assert stage.messages == ["fired away broker-away", "resolved away broker-away"]
