"""Which devices hooks are shown, which firmware is for which device, and when nothing is done."""

from pathlib import Path

import pytest

from agent.config import Broker, Config, Match, Peripheral
from agent.firmware import census, index, refusals
from agent.firmware.candidates import candidates
from agent.firmware.errors import FirmwareError, RefusedError
from agent.firmware.hooks import Candidates, Hook, User
from agent.firmware.index import Entry
from agent.firmware.protocol import LIMITS_S, Device
from agent.releases import verified
from tests.signed import Maker

QUIRKS = {"04b8:0e15": {"baud": 38400}, "0c2e:*": {"baud": 115200}, "kind:modem": {}}
WEBCAM = Device("cam", "Webcam", "1.2.2", guids=("b585990a",), usb_id="046d:0825", hook="fwupd")


def hook(shown: Candidates) -> Hook:
    return Hook("lab", Path("/lab"), User.DEVICE, shown, LIMITS_S, QUIRKS)


def plug(sys: Path, port: str, usb_id: str, tty: str = "", serial: str = "") -> None:
    """A USB device, with a serial port on it, as sysfs has them."""
    device = sys / "devices/usb1" / port
    interface = device / f"{port}:1.0"
    interface.mkdir(parents=True)
    vendor, product = usb_id.split(":")
    (device / "idVendor").write_text(f"{vendor}\n")
    (device / "idProduct").write_text(f"{product}\n")
    if serial:
        (device / "serial").write_text(f"{serial}\n")
    (interface / "bInterfaceNumber").write_text("00\n")
    bus, ttys = sys / "bus/usb/devices", sys / "class/tty"
    for folder in (bus, ttys):
        folder.mkdir(parents=True, exist_ok=True)
    (bus / port).symlink_to(device)
    (bus / f"{port}:1.0").symlink_to(interface)
    if tty:
        (interface / tty).mkdir()
        (ttys / tty).symlink_to(interface / tty)


def test_a_hook_is_shown_the_serial_ports_that_it_has_a_quirk_for(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", "04b8:0e15", "ttyUSB0", serial="J5")
    plug(tmp_path, "1-2", "0c2e:090a", "ttyACM0")
    plug(tmp_path, "1-3", "1234:5678", "ttyUSB1")
    found = candidates(hook(Candidates.SERIAL), (), tmp_path)
    assert [(one.id, one.node, one.quirk["baud"]) for one in found] == [
        ("usb:04b8:0e15:J5/00", "/dev/ttyUSB0", 38400),
        ("usb:0c2e:090a:1-2/00", "/dev/ttyACM0", 115200),
    ]


def test_a_device_keeps_its_id_when_its_node_has_another_name(tmp_path: Path) -> None:
    plug(tmp_path / "before", "1-1", "04b8:0e15", "ttyUSB0", serial="J5")
    plug(tmp_path / "after", "1-4", "04b8:0e15", "ttyUSB3", serial="J5")
    before, after = (
        candidates(hook(Candidates.SERIAL), (), tmp_path / when)[0] for when in ("before", "after")
    )
    assert (before.id == after.id, before.node == after.node) == (True, False)


def test_a_port_that_is_no_usbs_is_known_by_its_declaration() -> None:
    modem = Peripheral("modem", "modem", match=Match(path="/dev/ttyS1"))
    camera = Peripheral("camera", "camera", match=Match(path="/dev/video0"))
    (found,) = candidates(hook(Candidates.SERIAL), (modem, camera), Path("/nowhere"))
    assert (found.id, found.node) == ("modem", "/dev/ttyS1")


def test_a_usb_hook_is_shown_devices_and_a_hook_that_finds_its_own_none(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", "04b8:0e15")
    (found,) = candidates(hook(Candidates.USB), (), tmp_path)
    assert found.sys.endswith("devices/usb1/1-1")
    assert candidates(hook(Candidates.NONE), (), tmp_path) == ()


def test_a_device_with_several_ports_is_named_once(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", "04b8:0e15", "ttyUSB0")
    shown = candidates(hook(Candidates.SERIAL), (), tmp_path)
    twice = [Device(shown[0].id, "Printer", "1"), Device(shown[0].id, "Printer", "1")]
    (found,) = census.once(twice, shown)
    assert found.usb_id == "04b8:0e15"


def test_what_fwupd_knows_is_left_to_it() -> None:
    again = Device("usb:046d:0825:x", "Webcam", "9", usb_id="046d:0825", hook="udev-trigger")
    other = Device("receipt", "Printer", "6.1", hook="escpos")
    assert census.merged([(WEBCAM,), (again, other)]) == (WEBCAM, other)


@pytest.mark.parametrize(
    ("entry", "is_for"),
    [
        (Entry("f", "1.2.3", guid="b585990a"), True),
        (Entry("f", "1.2.3", usb_id="046D:0825"), True),
        (Entry("f", "1.2.3", device="cam", hook="fwupd"), True),
        (Entry("f", "1.2.3", guid="b585990a", usb_id="04b8:0e15"), False),
        (Entry("f", "1.2.3", guid="b585990a", hook="escpos"), False),
        (Entry("f", "1.2.3"), False),
    ],
)
def test_all_that_an_entry_says_must_be_so(entry: Entry, is_for: bool) -> None:
    assert entry.is_for(WEBCAM) is is_for


@pytest.mark.parametrize(("version", "is_due"), [("1.2.3", True), ("1.2.2", False), ("1.1", True)])
def test_a_version_is_due_when_it_is_another_be_it_older(version: str, is_due: bool) -> None:
    (plan,) = index.plan([Entry("f", version, guid="b585990a")], [WEBCAM])
    assert plan.is_due is is_due


def test_an_index_that_names_no_device_is_refused_by_its_file(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "releases", tmp_path / "keys")
    maker.lay("r1", {"firmware/index.toml": b'[[firmware]]\nfile = "a.bin"\nversion = "1"\n'})
    with pytest.raises(FirmwareError, match=r"a.bin must have a guid, usb_id or device"):
        index.entries(verified(maker.releases / "r1", maker.keys))


def test_a_release_without_firmware_has_none(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "releases", tmp_path / "keys")
    maker.lay("r1", {})
    assert index.entries(verified(maker.releases / "r1", maker.keys)) == ()


def supply(sys: Path, name: str, kind: str, online: str = "") -> None:
    folder = sys / "class/power_supply" / name
    folder.mkdir(parents=True)
    (folder / "type").write_text(f"{kind}\n")
    if online:
        (folder / "online").write_text(f"{online}\n")


def test_a_machine_on_its_battery_is_left_alone(tmp_path: Path) -> None:
    supply(tmp_path, "AC", "Mains", online="0")
    supply(tmp_path, "BAT0", "Battery")
    nowhere = Path("/nowhere")
    config = Config("pvp-1", Broker("", nowhere, nowhere, nowhere))
    with pytest.raises(RefusedError, match="runs on its battery"):
        refusals.refuse_when_not_now(config, tmp_path)


def test_a_machine_on_mains_or_without_any_battery_is_not(tmp_path: Path) -> None:
    assert not refusals.is_on_battery(tmp_path)
    supply(tmp_path, "AC", "Mains", online="1")
    assert not refusals.is_on_battery(tmp_path)


def test_a_ups_that_does_not_answer_is_no_proof_of_mains(tmp_path: Path) -> None:
    ups = Peripheral("ups", "ups", settings={"name": "ups", "port": 1})
    nowhere = Path("/nowhere")
    config = Config("pvp-1", Broker("", nowhere, nowhere, nowhere), peripherals=(ups,))
    with pytest.raises(RefusedError, match="ups"):
        refusals.refuse_when_not_now(config, tmp_path)
