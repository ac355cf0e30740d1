"""The kiosk application: real processes that die and restart, a real browser that freezes."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.config import Peripheral
from agent.probes import application
from agent.probes.application import Ears
from contract.health import DeviceState, Health
from tests.agents import OneProbe
from tests.faults import Detection, fault
from tests.peer.agent.running import Agent
from tests.peer.agent.screen import chromium
from tests.peer.agent.screen.chromium import Browser
from tests.peer.other_end import OtherEnd
from tests.peer.region import free_port

WAIT_S = 60.0
#: Long enough for a busy machine, short enough for a test.
SILENT_S = 5.0

Start = Callable[[int], Browser]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the browser on a page that speaks to a port."""
    if not chromium.CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    started: list[Browser] = []

    def one(port: int) -> Browser:
        started.append(Browser(tmp_path, port))
        return started[-1]

    yield one
    for browser in started:
        browser.close()


@pytest.fixture
def ears() -> Iterator[Ears]:
    one = Ears()
    yield one
    one.close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A program that nobody else runs."""
    path = tmp_path / "kioskapp"
    shutil.copy("/usr/bin/sleep", path)
    return str(path)


@pytest.fixture
def page(tmp_path: Path, ears: Ears, port: int) -> OneProbe:
    command = f"--user-data-dir={tmp_path}"
    return probe(ears, command=command, heartbeat_port=port, silent_s=SILENT_S)


def probe(ears: Ears, **said: str | float) -> OneProbe:
    item = Peripheral("app", "application", settings=said)
    return OneProbe(lambda config: application.probe(config, ears=ears), item, patience_s=WAIT_S)


def is_ok(state: DeviceState) -> bool:
    return state.health is Health.OK


def says(reason: str) -> Callable[[DeviceState], bool]:
    return lambda state: reason in state.reasons


@fault("application", "ended", "its process is killed", "failed", "not-running")
def test_an_application_that_ended_is_said(program: str, ears: Ears, detection: Detection) -> None:
    watching = probe(ears, process="kioskapp")
    with subprocess.Popen([program, "600"]) as process:
        assert watching.until(is_ok).metrics["starts"] == 1
        detection.begins()
        process.kill()
    detection.ends(watching.look())


def test_one_that_runs_again_is_well_again(program: str, ears: Ears) -> None:
    watching = probe(ears, process="kioskapp")
    assert watching.look().reasons == ("not-running",)
    with subprocess.Popen([program, "600"]) as process:
        assert watching.until(is_ok).metrics["running_s"] >= 0
        process.kill()


@fault(
    "application",
    "restarts in a loop",
    "a process that ends at once is started again",
    "failed",
    "restart-loop",
)
def test_an_application_that_keeps_restarting_is_said(
    program: str, ears: Ears, detection: Detection
) -> None:
    watching = probe(ears, process="kioskapp", loop_starts=3, loop_s=60)
    assert watching.look().reasons == ("not-running",)
    detection.begins()
    script = 'while "$0" 0.5; do :; done'
    with subprocess.Popen(["/bin/sh", "-c", script, program]) as shell:
        try:
            detection.ends(watching.until(says("restart-loop")))
        finally:
            shell.kill()


@fault(
    "application",
    "page not loaded",
    "Chromium shows a page that says nothing",
    "failed",
    "no-heartbeat",
)
def test_a_page_that_never_loads_is_said(
    start: Start, page: OneProbe, detection: Detection
) -> None:
    detection.begins()
    start(0)
    page.until(lambda state: "not-running" not in state.reasons)
    detection.ends(page.until(says("no-heartbeat")))


@fault("application", "page frozen", "Chromium's renderer is stopped", "failed", "page-frozen")
def test_a_page_that_freezes_is_said(
    start: Start, page: OneProbe, port: int, detection: Detection
) -> None:
    browser = start(port)
    page.until(is_ok)
    detection.begins()
    browser.freeze("renderer")
    detection.ends(page.until(says("page-frozen")))


@fault("application", "black screen", "Chromium's painting process is stopped", "failed", "black")
def test_a_page_that_lives_and_is_not_painted_is_said(
    start: Start, page: OneProbe, port: int, detection: Detection
) -> None:
    browser = start(port)
    page.until(is_ok)
    detection.begins()
    browser.freeze("gpu-process")
    detection.ends(page.until(says("black")))


def test_a_port_that_another_program_has_is_not_called_fine(
    program: str, ears: Ears, port: int
) -> None:
    other = Ears()
    assert other.at(port) is not None
    watching = probe(ears, process="kioskapp", heartbeat_port=port)
    with subprocess.Popen([program, "600"]) as process:
        state = watching.until(says("not-measured"))
        process.kill()
    other.close()
    assert state.health is Health.UNKNOWN
    assert str(port) in str(state.facts["trouble"])


def test_a_whole_agent_tells_its_controller_of_a_frozen_page(
    start: Start, port: int, agent: Agent, other_end: OtherEnd, tmp_path: Path
) -> None:
    settings = (
        f'{{ command = "--user-data-dir={tmp_path}", heartbeat_port = {port}, silent_s = 5 }}'
    )
    declared = f'id = "app"\nkind = "application"\nsettings = {settings}'
    text = f"\n[probes]\napplication_s = 1\n[[peripheral]]\n{declared}\n"
    agent.config.write_text(agent.config.read_text() + text)

    browser = start(port)
    agent.start()
    other_end.wait(lambda end: end.said("app", "ok", ()), WAIT_S)
    browser.freeze("renderer")
    other_end.wait(lambda end: end.said("app", "failed", ("page-frozen",)), WAIT_S)
