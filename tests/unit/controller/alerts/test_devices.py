"""Devices that are unwell: one alert of one cause, true and cleared by itself."""

from contract.health import Health
from controller.alerts.alert import Cause, State, Told
from tests.alarms import FAILED, HOUR, HUB, MINUTE, OFFLINE, Stage, rule

WELL = Health.OK
LOW = rule("low", match={"subject": "device", "health": ["degraded"]}, severity="info", for_s=600)
UNMEASURED = rule(
    "unmeasured",
    match={"subject": "device", "health": ["unknown"], "only_required": True},
    severity="warning",
)
HOT = rule(
    "hot",
    match={
        "subject": "metric",
        "threshold": {"metric": "temperature_celsius", "above": 85, "clear": 75},
    },
)


def test_a_device_that_stays_unwell_is_told_once_and_that_it_is_well_once() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera", "failed", "black")
    stage.passes(30 * MINUTE)
    assert stage.messages == ["fired failed k1/camera"]
    assert stage.alert("k1/camera").reasons == ("black",)
    stage.device("camera", WELL)
    stage.passes(6 * MINUTE)
    assert stage.messages == ["fired failed k1/camera", "resolved failed k1/camera"]


def test_a_blip_is_no_alert() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera")
    stage.passes(MINUTE)
    stage.device("camera", WELL)
    stage.passes(HOUR)
    assert stage.messages == []


def test_what_a_kiosk_says_of_the_past_is_no_alert() -> None:
    stage = Stage()
    stage.kiosk(is_current=False)
    stage.device("camera")
    stage.passes(HOUR)
    assert stage.messages == []
    stage.device("camera", WELL)
    stage.say(is_current=True)
    stage.passes(HOUR)
    assert stage.messages == []


def test_a_device_must_be_unwell_for_long_enough_by_the_controllers_clock() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera", since=stage.now - 5000 * HOUR)
    stage.passes(4 * MINUTE)
    assert stage.messages == []
    stage.passes(MINUTE)
    assert stage.messages == ["fired failed k1/camera"]


def test_a_clock_of_the_future_does_not_keep_an_alert_back() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera", since=stage.now + 5000 * HOUR)
    stage.passes(5 * MINUTE)
    assert stage.messages == ["fired failed k1/camera"]


def test_a_dark_kiosk_hides_the_alerts_of_its_devices_until_it_is_heard() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera")
    stage.passes(6 * MINUTE)
    stage.dark("k1")
    stage.passes(2 * HOUR)
    camera = stage.alert("k1/camera")
    assert camera.hidden_by == stage.alert("k1").fingerprint
    assert "escalated failed k1/camera" not in stage.messages
    stage.back("k1", is_current=False)
    stage.passes(MINUTE)
    stage.say(is_current=True)
    stage.device("camera", WELL)
    stage.passes(6 * MINUTE)
    assert stage.messages[-2:] == ["resolved offline k1", "resolved failed k1/camera"]


def test_several_devices_that_go_at_once_are_one_alert_that_names_them() -> None:
    stage = Stage()
    stage.kiosk()
    for device in ("camera", "microphone", "scanner"):
        stage.device(device, "missing", "not-connected")
    stage.passes(30 * MINUTE)
    assert stage.messages == ["fired hub k1"]
    alert = stage.alert("k1")
    assert (alert.cause, alert.details["devices"]) == (
        Cause.KIOSK,
        ["camera", "microphone", "scanner"],
    )
    for device in ("camera", "microphone", "scanner"):
        stage.device(device, WELL)
    stage.passes(6 * MINUTE)
    assert stage.messages == ["fired hub k1", "resolved hub k1"]


def test_devices_that_go_at_different_times_have_an_alert_each() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera")
    stage.passes(2 * MINUTE)
    stage.device("scanner")
    stage.passes(10 * MINUTE)
    assert stage.messages == ["fired failed k1/camera", "fired failed k1/scanner"]


def test_a_device_that_gets_worse_has_one_alert_in_the_end() -> None:
    stage = Stage([LOW, FAILED])
    stage.kiosk()
    stage.device("printer", "degraded", "media-low")
    stage.passes(11 * MINUTE)
    stage.device("printer", "failed", "media-empty")
    stage.passes(6 * MINUTE)
    assert stage.messages == ["fired low k1/printer", "fired failed k1/printer"]
    assert stage.open == ["failed k1/printer"]


def test_what_is_not_measured_is_neither_well_nor_unwell() -> None:
    stage = Stage([FAILED, UNMEASURED])
    stage.kiosk()
    stage.device("camera", "failed")
    stage.passes(6 * MINUTE)
    stage.device("camera", "unknown")
    stage.passes(HOUR)
    assert stage.alert("k1/camera").state is State.FIRING
    assert stage.events(Told.RESOLVED) == []


def test_only_a_device_that_is_required_must_be_measured() -> None:
    stage = Stage([UNMEASURED])
    stage.kiosk(required=frozenset({"camera"}))
    stage.device("camera", "unknown")
    stage.device("scanner", "unknown")
    stage.passes(HOUR)
    assert stage.open == ["unmeasured k1/camera"]


def test_a_number_is_amiss_beyond_its_bound_and_well_only_at_the_other() -> None:
    stage = Stage([HOT])
    stage.kiosk()
    stage.device("system", WELL, metrics={"temperature_celsius": 90})
    stage.passes(6 * MINUTE)
    assert stage.open == ["hot k1/system"]
    stage.device("system", WELL, metrics={"temperature_celsius": 80})
    stage.passes(HOUR)
    assert stage.open == ["hot k1/system"]
    stage.device("system", WELL, metrics={"temperature_celsius": 75})
    stage.passes(6 * MINUTE)
    assert stage.open == []


def test_a_rule_that_is_switched_off_has_no_alerts() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera")
    stage.passes(6 * MINUTE)
    stage.world.rules = Stage([OFFLINE, HUB]).world.rules
    stage.passes(MINUTE)
    assert (stage.open, stage.messages) == ([], ["fired failed k1/camera"])


def test_maintenance_of_one_kind_of_device_leaves_the_others_alone() -> None:
    stage = Stage()
    stage.kiosk()
    stage.device("camera", "failed", "black")
    stage.passes(10 * MINUTE)
    stage.device("printer", "failed", "media-jam")
    stage.quiet(is_maintenance=True, lasts=HOUR, kind="camera")
    stage.passes(10 * MINUTE)
    assert stage.open == ["failed k1/printer"]
    assert stage.messages == ["fired failed k1/camera", "fired failed k1/printer"]


def test_two_figures_of_one_device_have_an_alert_each_and_end_each_for_itself() -> None:
    full = rule(
        "full",
        match={
            "subject": "metric",
            "threshold": {"metric": "free_percent", "below": 5, "clear": 10},
        },
    )
    stage = Stage([HOT, full])
    stage.kiosk()
    stage.device("system", WELL, metrics={"temperature_celsius": 90, "free_percent": 2})
    stage.passes(6 * MINUTE)
    assert stage.open == ["full k1/system", "hot k1/system"]
    stage.device("system", WELL, metrics={"temperature_celsius": 60, "free_percent": 2})
    stage.passes(6 * MINUTE)
    assert stage.open == ["full k1/system"]


def test_a_device_whose_state_tells_it_needs_no_alert_of_its_figures() -> None:
    stage = Stage([FAILED, HOT])
    stage.kiosk()
    stage.device("system", "failed", "temperature-high", metrics={"temperature_celsius": 90})
    stage.passes(HOUR)
    assert stage.open == ["failed k1/system"]
