"""Screens: plugged in, the right ones, in the right mode, and lit while the public is received."""

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.config import Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import connectors, edid, screen
from contract.health import DeviceState, Health
from tests.agents import config
from tests.faults import Detection, fault
from tests.unit.agent.probes import sysfs

WANTED = {"connector": "HDMI-A-1", "mode": "1920x1080", "product": "Iris 24", "serial": "0042"}


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    sysfs.screen(tmp_path)
    sysfs.screen(tmp_path, "DP-1", edid=sysfs.edid(name="Touch 10", serial="7"))
    return tmp_path


def probe(sys: Path, **screens: dict[str, str | bool]) -> Probe:
    items = tuple(Peripheral(name, "screen", settings=said) for name, said in screens.items())
    return screen.probe(replace(config(sys), peripherals=items), sys)


def look(watching: Probe, is_open: bool = True) -> dict[str, DeviceState]:
    context = Context(config(Path()), "boot", None, is_open=is_open)
    return {state.id: state for state in watching.run(context)}


def test_a_screen_as_declared_is_ok_and_says_who_it_is(sys: Path) -> None:
    state = look(probe(sys, main=WANTED))["main"]
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.facts["product"] == "Iris 24"
    assert state.facts["serial"] == "0042"
    assert state.facts["maker"] == "DEL"


def test_a_screen_that_nobody_declared_is_told_of(sys: Path) -> None:
    assert look(probe(sys, main=WANTED))["screen:dp-1"].facts["declared"] is False


@fault("screen", "unplugged", "the connector's status in /sys", "missing", "not-connected")
def test_an_unplugged_screen_is_missing(sys: Path, detection: Detection) -> None:
    watching = probe(sys, main=WANTED)
    assert look(watching)["main"].health is Health.OK
    detection.begins()
    sysfs.screen(sys, status="disconnected", enabled="disabled", modes="", edid=b"")
    detection.ends(look(watching)["main"])


@fault("screen", "the second one unplugged", "two declared, one connected", "missing")
def test_of_two_screens_that_only_their_number_tells_the_second_is_missing(
    sys: Path, detection: Detection
) -> None:
    watching = probe(sys, first={}, second={})
    assert {state.health for state in look(watching).values()} == {Health.OK}
    detection.begins()
    sysfs.screen(sys, "DP-1", status="disconnected", edid=b"")
    states = look(watching)
    assert states["first"].health is Health.OK
    detection.ends(states["second"])


@fault(
    "screen", "another resolution than declared", "only 1024x768 offered", "degraded", "wrong-mode"
)
def test_a_screen_that_lost_its_mode_is_degraded(sys: Path, detection: Detection) -> None:
    watching = probe(sys, main=WANTED)
    assert look(watching)["main"].health is Health.OK
    detection.begins()
    sysfs.screen(sys, modes="1024x768\n800x600", edid=b"")  # as when its EDID cannot be read
    detection.ends(look(watching)["main"])


def test_where_the_mode_in_use_is_known_it_is_what_counts(sys: Path) -> None:
    watching = probe(sys, main=WANTED)
    state = 'crtc[51]: pipe A\n\tmode: "1280x720": 60 7425\nconnector[95]: HDMI-A-1\n\tcrtc=pipe A'
    sysfs.write(sys / "kernel/debug/dri/0", state=state)
    assert look(watching)["main"].reasons == ("wrong-mode",)
    assert look(watching)["main"].facts["mode"] == "1280x720"


@fault("screen", "asleep in opening hours", "dpms in /sys turns Off", "failed", "off")
def test_a_dark_screen_has_failed_in_opening_hours_and_not_at_night(
    sys: Path, detection: Detection
) -> None:
    watching = probe(sys, main=WANTED)
    assert look(watching)["main"].health is Health.OK
    detection.begins()
    sysfs.screen(sys, dpms="Off")
    detection.ends(look(watching)["main"])
    assert look(watching, is_open=False)["main"].health is Health.OK


@fault("screen", "gets no picture", "enabled in /sys turns disabled", "failed", "no-signal")
def test_a_screen_that_nobody_draws_on_has_failed(sys: Path, detection: Detection) -> None:
    watching = probe(sys, main=WANTED)
    assert look(watching)["main"].health is Health.OK
    detection.begins()
    sysfs.screen(sys, enabled="disabled", dpms="Off")
    detection.ends(look(watching)["main"])


@fault("screen", "swapped", "an EDID with another serial number", "degraded", "swapped")
def test_another_screen_in_its_place_is_said(sys: Path, detection: Detection) -> None:
    watching = probe(sys, main=WANTED)
    assert look(watching)["main"].health is Health.OK
    detection.begins()
    sysfs.screen(sys, edid=sysfs.edid(serial="0043"))
    detection.ends(look(watching)["main"])


def test_a_screen_switched_off_at_its_button_at_night_is_not_missing(sys: Path) -> None:
    watching = probe(sys, main={**WANTED, "off_when_closed": True})
    sysfs.screen(sys, status="disconnected", edid=b"")
    night = look(watching, is_open=False)["main"]
    assert (night.health, night.reasons) == (Health.UNKNOWN, ("off-when-closed",))
    assert look(watching)["main"].health is Health.MISSING


def test_a_screen_declared_by_its_serial_is_known_on_any_connector(sys: Path) -> None:
    states = look(probe(sys, touch={"serial": "7"}, main={}))
    assert states["touch"].facts["connector"] == "DP-1"
    assert states["main"].facts["connector"] == "HDMI-A-1"


def test_a_setting_that_is_none_of_a_screens_is_refused(sys: Path) -> None:
    with pytest.raises(ConfigError, match=r"main.*brightness"):
        probe(sys, main={"brightness": "9"})


@pytest.mark.parametrize("block", [b"", bytes(128), sysfs.edid()[:100], sysfs.edid()[:-1] + b"x"])
def test_an_edid_that_is_damaged_says_nothing(block: bytes) -> None:
    assert edid.parse(block) is None


def test_a_screen_without_text_is_known_by_its_numbers() -> None:
    bare = bytearray(sysfs.edid())
    bare[72:108] = (b"\0\0\0\x10" + bytes(14)) * 2
    bare[127] = -sum(bare[:127]) % 256
    assert edid.parse(bytes(bare)) == edid.Edid("DEL", "413C", "42")


def test_our_reading_of_an_edid_agrees_with_edid_decode(tmp_path: Path) -> None:
    program = shutil.which("edid-decode")
    if program is None:
        pytest.skip("edid-decode is not installed")
    (tmp_path / "edid").write_bytes(sysfs.edid())
    said = subprocess.run(
        [program, str(tmp_path / "edid")], capture_output=True, text=True, check=False, timeout=20
    ).stdout
    ours = edid.parse(sysfs.edid())
    assert ours is not None
    assert f"Manufacturer: {ours.maker}" in said
    assert f"Display Product Name: '{ours.product}'" in said
    assert f"Display Product Serial Number: '{ours.serial}'" in said


def test_writeback_is_no_screen(tmp_path: Path) -> None:
    sysfs.screen(tmp_path, "Writeback-1", status="unknown")
    assert connectors.read(tmp_path) == ()
