"""Who is told, who next, and who is not."""

from dataclasses import replace

from controller.alerts.alert import Event, Told
from tests.alarms import HOUR, MINUTE, START, TOWN_HALL, Stage, rule


def tells(stage: Stage) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(event.name), event.tells) for _, _, event in stage.told if event.tells]


def acknowledge(stage: Stage, culprit: str) -> None:
    alert = stage.alert(culprit)
    stage.book.put(replace(alert, is_acknowledged=True), Event(Told.SHOWN))


def fired(stage: Stage) -> None:
    stage.kiosk()
    stage.device("camera")
    stage.passes(5 * MINUTE)


def test_the_next_is_told_when_nobody_takes_it_up_and_both_that_it_is_over() -> None:
    stage = Stage()
    fired(stage)
    stage.passes(HOUR)
    stage.device("camera", "ok")
    stage.passes(5 * MINUTE)
    assert tells(stage) == [
        ("fired", ("it",)),
        ("escalated", ("boss",)),
        ("resolved", ("it", "boss")),
    ]


def test_nobody_further_is_told_once_it_is_acknowledged() -> None:
    stage = Stage()
    fired(stage)
    acknowledge(stage, "k1/camera")
    stage.passes(2 * HOUR)
    assert tells(stage) == [("fired", ("it",))]


def test_time_to_the_next_passes_only_while_the_host_is_open() -> None:
    stage = Stage(now=START.replace(hour=10, minute=0))  # eleven in Auvergne
    stage.kiosk(hours=TOWN_HALL)
    stage.device("camera")
    stage.passes(4 * HOUR)
    times = [(event.name, when.hour, when.minute) for when, _, event in stage.told if event.tells]
    assert times == [("fired", 10, 5), ("escalated", 13, 5)]


def test_what_was_agreed_when_it_fired_holds_for_this_alert() -> None:
    stage = Stage()
    fired(stage)
    stage.world.routes = {}
    stage.passes(HOUR)
    assert tells(stage) == [("fired", ("it",)), ("escalated", ("boss",))]


def test_a_silenced_alert_lives_and_nobody_is_told() -> None:
    stage = Stage()
    stage.quiet(is_maintenance=False, lasts=3 * HOUR, kiosk="k1")
    fired(stage)
    stage.passes(2 * HOUR)
    assert (stage.open, tells(stage)) == (["failed k1/camera"], [])


def test_what_still_fires_when_a_silence_ends_is_told_in_one_moment() -> None:
    stage = Stage([rule("one", match={"subject": "device", "health": ["failed"]})])
    stage.quiet(is_maintenance=False, lasts=HOUR)
    for name in ("k1", "k2", "k3"):
        stage.kiosk(name)
        stage.device("camera", of=name)
        stage.passes(10 * MINUTE)
    stage.passes(HOUR)
    told = [(when, event.name) for when, _, event in stage.told if event.tells]
    assert [name for _, name in told[:3]] == ["unsilenced"] * 3
    assert len({when for when, _ in told[:3]}) == 1


def test_an_alert_that_is_over_before_its_silence_is_never_told() -> None:
    stage = Stage()
    stage.quiet(is_maintenance=False, lasts=HOUR)
    fired(stage)
    stage.device("camera", "ok")
    stage.passes(2 * HOUR)
    assert tells(stage) == []


def test_a_silence_of_a_department_covers_the_wider_cause_in_it() -> None:
    stage = Stage()
    names = stage.fleet(5, provider="", department="43")
    stage.quiet(is_maintenance=False, lasts=HOUR, department="43")
    stage.dark(*names)
    stage.passes(30 * MINUTE)
    assert (stage.open, tells(stage)) == (["offline 43"], [])
