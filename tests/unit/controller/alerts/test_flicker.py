"""Troubles that come and go before they are told."""

from controller.alerts.alert import Told
from tests.alarms import HOUR, MINUTE, Stage, rule

SECONDS = MINUTE / 60
POOR = rule(
    "poor",
    match={"subject": "device", "health": ["degraded"]},
    for_s=1800,
)


def test_a_device_that_is_well_for_a_moment_now_and_then_is_told() -> None:
    stage = Stage([POOR])
    stage.kiosk()
    for _ in range(4):
        stage.device("network", "degraded", "loss-high")
        stage.passes(9 * MINUTE)
        stage.device("network", "ok")
        stage.passes(MINUTE)
    stage.passes(HOUR)
    assert stage.messages == ["fired poor k1/network", "resolved poor k1/network"]


def test_a_blip_does_not_fire_in_its_absence() -> None:
    stage = Stage([rule("failed", for_s=60)])
    stage.kiosk()
    stage.device("camera")
    stage.passes(25 * SECONDS, step=5 * SECONDS)
    stage.device("camera", "ok")
    stage.passes(HOUR, step=5 * SECONDS)
    assert stage.messages == []
    assert stage.events(Told.DROPPED) == ["failed k1/camera"]


def test_two_short_blips_are_not_told_as_one_that_lasted() -> None:
    stage = Stage([rule("failed", for_s=60)])
    stage.kiosk()
    for _ in range(2):
        stage.device("camera")
        stage.passes(10 * SECONDS, step=5 * SECONDS)
        stage.device("camera", "ok")
        stage.passes(100 * SECONDS, step=5 * SECONDS)
    assert stage.messages == []
    assert stage.events(Told.DROPPED) == ["failed k1/camera"] * 2


def test_a_trouble_after_a_blip_is_dated_from_its_own_beginning() -> None:
    stage = Stage([rule("failed", for_s=60)])
    stage.kiosk()
    stage.device("camera")
    stage.passes(10 * SECONDS, step=5 * SECONDS)
    stage.device("camera", "ok")
    stage.passes(100 * SECONDS, step=5 * SECONDS)
    began = stage.now
    stage.device("camera")
    stage.passes(2 * MINUTE, step=5 * SECONDS)
    assert stage.messages == ["fired failed k1/camera"]
    assert [alert.since for alert in stage.book.all()] == [began]


def test_blips_hours_apart_are_no_flicker() -> None:
    stage = Stage([POOR])
    stage.kiosk()
    for _ in range(5):
        stage.device("network", "degraded", "loss-high")
        stage.passes(20 * MINUTE)
        stage.device("network", "ok")
        stage.passes(HOUR)
    assert stage.messages == []


def test_the_hold_off_after_a_flicker_ends_though_the_host_is_open_for_half_a_day() -> None:
    stage = Stage([POOR])
    stage.kiosk()
    stage.device("network", "degraded", "loss-high")
    stage.passes(40 * MINUTE)
    for _ in range(6):
        stage.device("network", "ok")
        stage.passes(MINUTE)
        stage.device("network", "degraded", "loss-high")
        stage.passes(10 * MINUTE)
    stage.dark("k1")
    stage.passes(20 * HOUR)
    for _ in range(2):
        stage.back("k1")
        stage.device("network", "ok")
        stage.passes(3 * HOUR)
        stage.dark("k1")
        stage.passes(20 * HOUR)
    assert "resolved poor k1/network" in stage.messages
