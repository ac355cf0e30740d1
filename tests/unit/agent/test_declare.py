"""What is plugged in, written as agent.toml has it: a real file, make-believe hardware."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import Match, Peripheral
from agent.configfile import load
from agent.declare import text, write
from agent.discovery import Proposal, match_of, parse_queues
from agent.errors import ConfigError
from agent.probes.plugged import Plugged
from agent.toml import parse
from tests.unit.agent.probes.testbed import PRELOAD, Bed, camera, camera_path

CONFIG = """# kept as it is
kiosk = "pvp-63003-1"   # so is this
[broker]
host = "vigie.example.org"
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"
"""
DESK = Peripheral("camera", "camera", match=Match(usb_id="046d:0825", serial="A1"))
FOUND = Proposal(DESK, "HD Webcam")
DOUBT = Proposal(Peripheral("speakers", "speakers", match=Match(path="/x")), is_sure=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An agent.toml."""
    written = tmp_path / "agent.toml"
    written.write_text(CONFIG)
    return written


def test_what_is_added_leaves_every_byte_of_the_rest(path: Path) -> None:
    path.chmod(0o640)
    assert write(path, [FOUND], text([FOUND])) == ("camera",)
    assert path.read_text().startswith(CONFIG)
    assert load(path).peripherals == (DESK,)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in path.parent.iterdir()] == ["agent.toml"]


def test_a_file_without_a_last_newline_is_not_spoilt(path: Path) -> None:
    path.write_text(CONFIG.rstrip("\n"))
    write(path, [FOUND], text([FOUND]))
    assert load(path).peripherals == (DESK,)


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = path.rename(tmp_path / "real/agent.toml")
    path.symlink_to(real)
    write(path, [FOUND], text([FOUND]))
    assert path.is_symlink()
    assert real.read_text().startswith(CONFIG)


def test_what_is_not_sure_is_a_comment(path: Path) -> None:
    assert write(path, [DOUBT], text([DOUBT])) == ()
    assert load(path).peripherals == ()
    assert '# kind = "speakers"' in path.read_text()


def test_an_id_that_is_taken_leaves_the_file_alone(path: Path) -> None:
    write(path, [FOUND], text([FOUND]))
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="unique"):
        write(path, [FOUND], text([FOUND]))
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["agent.toml"]


def test_a_file_that_is_wrong_is_not_made_worse(path: Path) -> None:
    path.write_text("kiosk = 7\n")
    with pytest.raises(ConfigError, match="kiosk is 7"):
        write(path, [FOUND], text([FOUND]))
    assert path.read_text() == "kiosk = 7\n"


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_whatever_a_maker_calls_it_the_file_can_be_read(serial: str, product: str) -> None:
    item = Peripheral("camera", "camera", match=Match(serial=serial))
    table = parse(Path("agent.toml"), text([Proposal(item, product)])).tables("peripheral")[0]
    assert table.inline("match").text("serial", "") == serial


def test_twins_are_told_by_their_ports() -> None:
    one, two = (Plugged("/dev/v", "046d:0825", "SAME", port) for port in ("1-1", "1-2"))
    assert match_of(one, [one, two]) == Match(usb_id="046d:0825", port="1-1")


def test_the_only_one_of_its_model_may_be_plugged_in_anywhere() -> None:
    one = Plugged("/dev/v", "046d:0825", "", "1-1")
    assert match_of(one, [one]) == Match(usb_id="046d:0825")


def test_what_is_on_the_board_is_told_by_the_name_that_stays() -> None:
    links = ("/dev/snd/x", "/dev/input/by-path/platform-touch-event")
    assert match_of(Plugged("/dev/input/event3", links=links), []) == Match(
        path="/dev/input/by-path/platform-touch-event"
    )


def test_queues_are_read_from_cups_own_program() -> None:
    said = "device for Laser: usb://HP/LaserJet?serial=V1\ndevice for Ticket: serial:/dev/ttyS0\n"
    assert parse_queues(said) == {
        "Laser": "usb://HP/LaserJet?serial=V1",
        "Ticket": "serial:/dev/ttyS0",
    }


# The program itself, on make-believe hardware

SCREEN = """P: /devices/pci0000:00/0000:00:02.0/drm/card0/card0-HDMI-A-1
E: SUBSYSTEM=drm
A: status=connected
A: enabled=enabled
A: dpms=On
A: modes=1920x1080
"""


def agent(bed: Bed, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`vigie-agent` on the bed."""
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments, "--config", str(path)],
        env={**os.environ, "LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": bed.root, "LC_ALL": "en"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def healths(bed: Bed, path: Path) -> dict[str, Any]:
    found = json.loads(agent(bed, path, "check", "--json").stdout)
    return {one["id"]: one["health"] for one in found["devices"] if one["id"] in DECLARED}


DECLARED = ("camera", "camera-2", "scanner", "touchscreen", "screen")


def furnish(bed: Bed) -> None:
    bed.plug(camera("1-5", 0, "A1"), camera_path("1-5", 0))
    bed.plug(camera("1-6", 4, "B2"), camera_path("1-6", 4))
    bed.plug_recorded("scanner")
    bed.plug_recorded("touch-usb")
    bed.plug(SCREEN, "/devices/pci0000:00/0000:00:02.0/drm/card0/card0-HDMI-A-1")


def test_what_was_declared_is_found_again_and_nothing_is_missing(bed: Bed, path: Path) -> None:
    furnish(bed)
    assert "added camera, camera-2" in agent(bed, path, "declare", "--write").stdout
    declared = {item.id for item in load(path).peripherals}
    assert declared >= set(DECLARED)
    found = healths(bed, path)
    assert set(found) == set(DECLARED)
    assert not {"missing", "degraded"} & set(found.values())
    assert [found[name] for name in ("scanner", "touchscreen", "screen")] == ["ok"] * 3


def test_unless_told_to_it_writes_nothing(bed: Bed, path: Path) -> None:
    furnish(bed)
    done = agent(bed, path, "declare")
    assert path.read_text() == CONFIG
    assert 'match = { usb_id = "046d:0825", serial = "A1" }' in done.stdout
    assert "Nothing is written" in done.stderr


def test_what_is_declared_is_not_declared_twice(bed: Bed, path: Path) -> None:
    furnish(bed)
    agent(bed, path, "declare", "--write")
    once = path.read_bytes()
    agent(bed, path, "declare", "--write")
    assert path.read_bytes() == once


def test_a_program_is_told_the_same_as_one_object(bed: Bed, path: Path) -> None:
    furnish(bed)
    found = json.loads(agent(bed, path, "declare", "--json").stdout)
    assert found["added"] == []
    assert [one["item"]["kind"] for one in found["found"]].count("camera") == 2
