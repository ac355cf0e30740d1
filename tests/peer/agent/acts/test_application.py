"""`restart-application` on real processes, which something outside of the agent starts again."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.commands import restart_application
from agent.commands.errand import Errand
from agent.commands.restart_application import ApplicationRestart
from agent.commands.scene import Scene
from agent.config import Peripheral
from agent.probes import application
from agent.remedies import RestartService
from contract.commands import CommandState
from tests.agents import program
from tests.errands import Floor, Made
from tests.peer.region import wait_until

Open = Callable[[], Floor]


class Shell:
    """Starts a program again whenever it ends, as a kiosk's session does, until told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "kioskapp"
        shutil.copy("/usr/bin/sleep", self.program)
        self._flag, self._starts = folder / "again", folder / "starts"
        self._flag.touch()
        app, flag, starts = (
            shlex.quote(str(one)) for one in (self.program, self._flag, self._starts)
        )
        script = f"while [ -e {flag} ]; do echo >> {starts}; {app} 600; done"
        self._process = subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True)
        wait_until(lambda: self.starts == 1, "the application")

    @property
    def starts(self) -> int:
        """How often the program was started."""
        return len(self._starts.read_text()) if self._starts.exists() else 0

    def start_no_more(self) -> None:
        """What ends now is gone."""
        self._flag.unlink(missing_ok=True)

    def close(self) -> None:
        """End all."""
        self.start_no_more()
        found = subprocess.run(
            ["/bin/ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        for pid in found.stdout.split():
            subprocess.run(["/bin/kill", "-KILL", pid], check=False)
        self._process.wait(30)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    one = Shell(tmp_path)
    yield one
    one.close()


@pytest.fixture
def open_floor(shell: Shell, tmp_path: Path) -> Iterator[Open]:
    """Begins a life of the agent that watches the shell's program."""
    item = Peripheral("app", "application", settings={"command": f"^{shell.program}"})
    lives: list[Floor] = []

    def one() -> Floor:
        act = ApplicationRestart(back_s=8.0)
        lives.append(
            Floor(tmp_path, item, probes=(application.probe,), works={act_name(): made(act)})
        )
        return lives[-1]

    yield one
    lives[-1].close()


def made(act: ApplicationRestart) -> Made:
    def work(scene: Scene) -> Errand:
        return Errand(act_name(), scene, act.run, act.resume, act.hindrance)

    return work


def act_name() -> str:
    return restart_application.NAME


def pid_of(shell: Shell, floor: Floor) -> int:
    process = restart_application.find(floor.config.peripherals[0])
    assert process is not None
    return process.pid


def test_another_process_runs_and_its_probe_says_that_it_is_well(
    shell: Shell, open_floor: Open
) -> None:
    floor = open_floor()
    before = pid_of(shell, floor)
    ended = floor.run("restart-application")
    assert ended.state is CommandState.SUCCEEDED
    assert ended.result["pids"] == [f"app: {before} -> {pid_of(shell, floor)}"]
    assert shell.starts == 2


def test_one_that_nobody_starts_again_is_said_to_be_gone(shell: Shell, open_floor: Open) -> None:
    shell.start_no_more()
    ended = open_floor().run("restart-application")
    assert ended.state is CommandState.FAILED
    assert ended.reason == "did-not-work: app: not another process than before"


def test_one_that_does_not_heed_a_request_is_ended(tmp_path: Path) -> None:
    stubborn = program(tmp_path / "stubborn", "trap '' TERM; while :; do sleep 1; done")
    process = subprocess.Popen([str(stubborn)])
    item = Peripheral("app", "application", settings={"command": str(stubborn)})
    act = ApplicationRestart(grace_s=0.5, back_s=0.5)
    floor = Floor(tmp_path, item, probes=(application.probe,), works={act_name(): made(act)})
    floor.run("restart-application")
    floor.close()
    assert process.wait(30) == -9


def test_an_agent_killed_meanwhile_does_not_restart_it_again(
    shell: Shell, open_floor: Open
) -> None:
    floor = open_floor()
    number = floor.order("restart-application")
    wait_until(lambda: shell.starts == 2, "the second start")
    floor.close()
    later = open_floor()
    assert later.end(number).state is CommandState.SUCCEEDED
    assert shell.starts == 2


def test_a_unit_is_restarted_by_systemd(shell: Shell, tmp_path: Path) -> None:
    told = tmp_path / "told"
    systemctl = program(tmp_path / "systemctl", f'echo "$@" > {told}')
    item = Peripheral("app", "application", settings={"unit": "kiosk.service"})
    act = ApplicationRestart(RestartService(systemctl), back_s=0.5)
    floor = Floor(
        tmp_path,
        item,
        probes=(application.probe,),
        works={act_name(): lambda scene: Errand(act_name(), scene, act.run, act.resume)},
    )
    ended = floor.run("restart-application")
    floor.close()
    assert told.read_text() == "restart kiosk.service\n"
    assert ended.reason == "did-not-work: app: not another process than before"


def test_a_program_that_may_not_be_ended_is_refused_with_the_remedy(
    shell: Shell, tmp_path: Path
) -> None:
    def refuse(_pid: int, _number: int) -> None:
        raise PermissionError

    item = Peripheral("app", "application", settings={"command": f"^{shell.program}"})
    floor = Floor(tmp_path, item, works={act_name(): made(ApplicationRestart(kill=refuse))})
    ended = floor.run("restart-application")
    floor.close()
    assert ended.state is CommandState.REFUSED
    assert ended.reason.startswith("not-possible-here: declare settings.unit of app")
    assert shell.starts == 1
