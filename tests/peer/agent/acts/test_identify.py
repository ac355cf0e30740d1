"""`identify` on a real X server, and asked of that server whether the message is there."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.commands import identify
from agent.commands.errand import Errand
from agent.commands.identify import IdentifyAct
from agent.config import Acts
from contract.commands import CommandState
from tests.agents import KIOSK, config, program
from tests.errands import Floor, Made
from tests.peer.region import wait_until

XVFB, XWININFO, XMESSAGE = "/usr/bin/Xvfb", "/usr/bin/xwininfo", "/usr/bin/xmessage"
_MISSING = [path for path in (XVFB, XWININFO, XMESSAGE) if not Path(path).exists()]
needs_x = pytest.mark.skipif(bool(_MISSING), reason=f"{_MISSING} not installed: xvfb, x11-utils")


@pytest.fixture
def display() -> Iterator[str]:
    """An X server; it chooses its own number."""
    server = subprocess.Popen(
        [XVFB, "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdout is not None
    number = server.stdout.readline().decode().strip()
    yield f":{number}"
    server.terminate()
    server.wait(30)
    server.stdout.close()


def windows(display: str) -> str:
    done = subprocess.run(
        [XWININFO, "-root", "-tree", "-display", display],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout


def floor_with(folder: Path, acts: Acts, act: IdentifyAct | None = None) -> Floor:
    made: dict[str, Made] = {}
    if act is not None:
        made[identify.NAME] = lambda scene: Errand(
            identify.NAME, scene, act.run, identify.resume, act.hindrance
        )
    return Floor(folder, told=replace(config(folder), acts=acts), works=made)


@needs_x
def test_the_message_is_on_the_screen_and_goes_by_itself(display: str, tmp_path: Path) -> None:
    floor = floor_with(tmp_path, Acts(display=display, message=(XMESSAGE, "-buttons", "")))
    number = floor.order("identify", for_s=5)
    wait_until(lambda: '"xmessage"' in windows(display), "the message")
    ended = floor.end(number)
    floor.close()
    assert (ended.state, ended.result["text"]) == (CommandState.SUCCEEDED, KIOSK)
    assert (ended.result["shown_s"], ended.result["closed"]) == (5, False)
    assert '"xmessage"' not in windows(display)


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    fails = program(tmp_path / "fails", 'echo "cannot open display" >&2; exit 1')
    floor = floor_with(tmp_path, Acts(display=":77", message=(str(fails),)))
    ended = floor.run("identify")
    floor.close()
    assert ended.reason == "did-not-work: cannot open display"


def test_a_text_is_handed_over_as_one_argument(tmp_path: Path) -> None:
    told = tmp_path / "told"
    shows = program(tmp_path / "shows", f'printf "%s|" "$@" > {told}')
    floor = floor_with(tmp_path, Acts(display=":77", message=(str(shows), "--text")))
    ended = floor.run("identify", text="$(reboot); it's me")
    floor.close()
    assert told.read_text() == "--text|$(reboot); it's me|"
    assert ended.result["closed"] is True


def test_without_a_display_it_is_refused_with_the_remedy(tmp_path: Path) -> None:
    nowhere = IdentifyAct(x11=tmp_path / "x", users=tmp_path / "u", proc=tmp_path / "p")
    floor = floor_with(tmp_path, Acts(), nowhere)
    ended = floor.run("identify")
    floor.close()
    assert (ended.state, ended.reason) == (
        CommandState.REFUSED,
        "not-possible-here: no display found: set commands.display in agent.toml",
    )


def test_without_a_program_it_is_refused_with_the_remedy(tmp_path: Path) -> None:
    floor = floor_with(tmp_path, Acts(display=":77", message=("/nowhere/zenity",)))
    ended = floor.run("identify")
    floor.close()
    assert ended.reason == (
        "not-possible-here: install x11-utils, or set commands.message in agent.toml"
    )


def test_an_agent_killed_meanwhile_shows_it_no_second_time(tmp_path: Path) -> None:
    told = tmp_path / "told"
    shows = program(tmp_path / "shows", f"echo once >> {told}; exec sleep 600")
    acts = Acts(display=":77", message=(str(shows),))
    floor = floor_with(tmp_path, acts)
    number = floor.order("identify", for_s=5)
    wait_until(told.exists, "the message")
    floor.close()
    later = floor_with(tmp_path, acts)
    ended = later.end(number)
    later.close()
    assert (ended.state, ended.reason) == (CommandState.UNKNOWN, "restarted-while-running")
    assert told.read_text() == "once\n"
