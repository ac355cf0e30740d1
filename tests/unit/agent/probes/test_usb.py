"""The USB bus: hubs that must be there, over-currents, and what nobody declared."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.config import Match, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import usb
from contract.health import DeviceState, Health
from tests.agents import FakeClock, config
from tests.faults import Detection, fault
from tests.unit.agent.probes import sysfs

MOUNTED_ON_SDA = "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """A hub with a camera on it, and a disk inside that the kiosk lives on."""
    sysfs.write(sysfs.usb(tmp_path, "1-1", "05e3:0610", "09"), bDeviceClass="09")
    sysfs.usb(tmp_path, "1-1.2", "046d:0825", "0e", "01", product="HD Webcam")
    count(tmp_path, 0)
    (tmp_path / "mountinfo").write_text(MOUNTED_ON_SDA)
    return tmp_path


def count(sys: Path, times: int) -> None:
    port = sys / "bus/usb/devices/1-1:1.0/1-1-port2"
    sysfs.write(port, over_current_count=str(times))


def probe(sys: Path, *items: Peripheral, clock: FakeClock | None = None) -> Probe:
    told = replace(config(sys), peripherals=items)
    clock = clock or FakeClock()
    return usb.probe(told, sys, sys / "mountinfo", clock.monotonic)


def look(watching: Probe) -> dict[str, DeviceState]:
    states = watching.run(Context(config(Path()), "boot", None))
    return {state.id: state for state in states}


CAMERA = Peripheral("camera", "camera", match=Match(usb_id="046d:0825"))
HUB = Peripheral("hub", "usb", match=Match(port="1-1"))


def test_a_bus_with_what_was_declared_is_ok(sys: Path) -> None:
    bus = look(probe(sys, CAMERA, HUB))
    assert {name: state.health for name, state in bus.items()} == {
        "usb": Health.OK,
        "hub": Health.OK,
    }
    assert bus["usb"].metrics["devices"] == 2
    assert "unexpected" not in bus["usb"].facts


@fault(
    "usb", "a port draws too much", "over_current_count in /sys rises", "degraded", "over-current"
)
def test_an_over_current_is_said_with_its_port(sys: Path, detection: Detection) -> None:
    watching = probe(sys, CAMERA)
    assert look(watching)["usb"].health is Health.OK
    detection.begins()
    count(sys, 1)
    state = look(watching)["usb"]
    detection.ends(state)
    assert state.facts["ports"] == "1-1-port2"


def test_an_over_current_is_over_when_none_came_for_ten_minutes(sys: Path) -> None:
    clock = FakeClock()
    watching = probe(sys, CAMERA, clock=clock)
    look(watching)
    count(sys, 1)
    assert look(watching)["usb"].health is Health.DEGRADED
    clock.advance(599)
    assert look(watching)["usb"].health is Health.DEGRADED
    clock.advance(2)
    assert look(watching)["usb"].health is Health.OK


def test_over_currents_of_powering_up_are_not_said(sys: Path) -> None:
    count(sys, 3)
    assert look(probe(sys, CAMERA))["usb"].health is Health.OK


@fault(
    "usb",
    "an unknown stick plugged in",
    "a mass storage device in /sys",
    "degraded",
    "unexpected-storage",
)
def test_a_stick_that_nobody_declared_is_said(sys: Path, detection: Detection) -> None:
    watching = probe(sys, CAMERA)
    assert look(watching)["usb"].health is Health.OK
    detection.begins()
    sysfs.usb(sys, "1-1.3", "0781:5581", "08", product="Ultra")
    sysfs.disk(sys, "sdb", "1-1.3")
    state = look(watching)["usb"]
    detection.ends(state)
    assert state.facts["unexpected"] == "Ultra (0781:5581, 1-1.3)"


@fault("usb", "hub unplugged", "its folder in /sys is gone", "missing", "not-connected")
def test_a_hub_that_is_gone_is_missing(sys: Path, detection: Detection) -> None:
    watching = probe(sys, HUB)
    assert look(watching)["hub"].health is Health.OK
    detection.begins()
    for name in ("idVendor", "idProduct"):
        (sys / "bus/usb/devices/1-1" / name).unlink()
    detection.ends(look(watching)["hub"])


def test_the_disk_a_kiosk_lives_on_is_expected(sys: Path) -> None:
    sysfs.usb(sys, "2-1", "174c:55aa", "08")
    sysfs.disk(sys, "sda", "2-1", number="8:1")
    assert look(probe(sys, CAMERA))["usb"].health is Health.OK


def test_a_card_slot_without_a_card_is_no_storage(sys: Path) -> None:
    sysfs.usb(sys, "1-1.4", "0bda:0129", "08")
    sysfs.disk(sys, "sdc", "1-1.4", size="0")
    assert look(probe(sys, CAMERA))["usb"].health is Health.OK


def test_a_stick_that_was_declared_is_expected(sys: Path) -> None:
    sysfs.usb(sys, "1-1.3", "0781:5581", "08")
    sysfs.disk(sys, "sdb", "1-1.3")
    stick = Peripheral("stick", "usb", match=Match(usb_id="0781:5581"))
    assert look(probe(sys, CAMERA, stick))["usb"].health is Health.OK


def test_a_camera_declared_by_its_kind_alone_is_expected(sys: Path) -> None:
    bus = look(probe(sys, Peripheral("camera", "camera")))["usb"]
    assert "unexpected" not in bus.facts


def test_another_peripheral_that_nobody_declared_is_a_fact_and_no_fault(sys: Path) -> None:
    bus = look(probe(sys))["usb"]
    assert bus.health is Health.OK
    assert bus.facts["unexpected"] == "HD Webcam (046d:0825, 1-1.2)"


def test_a_hub_may_not_be_called_as_the_bus(sys: Path) -> None:
    with pytest.raises(ConfigError, match="must be another"):
        probe(sys, Peripheral("usb", "usb"))
