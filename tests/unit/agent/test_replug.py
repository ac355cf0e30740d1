"""A USB device taken from its driver and given back, switched off and on."""

from pathlib import Path

import pytest

from agent.config import Match
from agent.errors import RemedyError
from agent.replug import UsbBus
from tests.unit.agent.kernel import Kernel

VIDEO = {"1-1:1.0": "uvcvideo", "1-1:1.1": "uvcvideo", "1-1:1.2": "snd-usb-audio"}


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    made = Kernel(tmp_path, {**VIDEO, "1-2:1.0": "uvcvideo"}, {"1-1:1.0": "1-1:1.1"})
    # The second interface of a camera comes and goes with the first.
    made.refuses = {"1-1:1.1"}
    (made.bus / "devices/1-1").mkdir(parents=True)
    (made.bus / "devices/1-1:1.1").mkdir()
    made.plug("1-2", "046d:0825", "B2")
    return made


@pytest.fixture
def bus(tmp_path: Path, kernel: Kernel) -> UsbBus:
    return UsbBus(tmp_path, off_s=0.0, write=kernel.write)


def camera(kernel: Kernel) -> None:
    """At port 1-1, of three interfaces, all bound."""
    for name, value in {"idVendor": "046d", "idProduct": "0825", "authorized": "1"}.items():
        (kernel.bus / "devices/1-1" / name).write_text(value + "\n")
    (kernel.bus / "devices/1-1/serial").write_text("A1\n")
    for name in ("1-1:1.0", "1-1:1.2"):
        (kernel.bus / "devices" / name).mkdir()
        kernel.bind(name)


def test_a_device_is_found_by_what_tells_it(kernel: Kernel, bus: UsbBus) -> None:
    camera(kernel)
    assert bus.port(Match(serial="A1"), {}) == "1-1"
    assert bus.port(Match(usb_id="046D:0825", port="1-2"), {}) == "1-2"


def test_of_several_alike_the_one_last_seen_is_meant(kernel: Kernel, bus: UsbBus) -> None:
    camera(kernel)
    assert bus.port(Match(usb_id="046d:0825"), {"port": "1-2"}) == "1-2"


def test_of_several_alike_none_is_touched_when_nothing_tells_which(
    kernel: Kernel, bus: UsbBus
) -> None:
    camera(kernel)
    with pytest.raises(RemedyError, match=r"2 such devices are plugged in: declare match\.port"):
        bus.port(Match(usb_id="046d:0825"), {})


def test_a_device_that_is_not_there_cannot_be_found(bus: UsbBus) -> None:
    with pytest.raises(RemedyError, match="no such device is on any USB port"):
        bus.port(Match(usb_id="dead:beef"), {"port": "1-2"})


def test_a_rebind_takes_every_interface_and_gives_it_back(kernel: Kernel, bus: UsbBus) -> None:
    camera(kernel)
    bus.rebind("1-1")
    assert kernel.told[:2] == [
        "drivers/uvcvideo/unbind 1-1:1.0",
        "drivers/snd-usb-audio/unbind 1-1:1.2",
    ]
    assert "drivers/uvcvideo/bind 1-1:1.0" in kernel.told
    assert all(kernel.is_bound(name) for name in VIDEO)


def test_an_interface_that_lost_its_driver_is_offered_to_all(kernel: Kernel, bus: UsbBus) -> None:
    camera(kernel)
    for name in ("1-1:1.0", "1-1:1.1"):
        kernel.link(name).unlink()
    bus.rebind("1-1")
    assert "drivers_probe 1-1:1.0" in kernel.told
    assert kernel.is_bound("1-1:1.0")


def test_a_device_that_no_driver_takes_back_is_told(kernel: Kernel, bus: UsbBus) -> None:
    camera(kernel)
    kernel.refuses |= set(VIDEO)
    with pytest.raises(RemedyError, match="no driver takes the device on USB port 1-1 back"):
        bus.rebind("1-1")


def test_what_was_left_unbound_is_given_back(kernel: Kernel, bus: UsbBus) -> None:
    camera(kernel)
    kernel.link("1-1:1.2").unlink()
    bus.give_back("1-1")
    assert all(kernel.is_bound(name) for name in VIDEO)


def test_a_power_cycle_forbids_and_allows(kernel: Kernel, bus: UsbBus) -> None:
    bus.cycle("1-2")
    assert kernel.told == ["devices/1-2/authorized 0", "devices/1-2/authorized 1"]


def test_a_port_that_is_empty_cannot_be_cycled(bus: UsbBus) -> None:
    with pytest.raises(RemedyError, match="authorized: No such file"):
        bus.cycle("1-9")
