"""Setting the clock, applying states, measuring the line, looking at all of it."""

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.commands import sync_clock
from agent.commands.errand import Errand
from agent.commands.sync_clock import ClockSync, Service
from agent.config import Acts, Config, Peripheral
from agent.probe import Probe
from contract.commands import CommandState
from contract.health import DeviceState, Health
from tests.agents import config, probe, program
from tests.errands import Floor

STATES = {
    "local": {
        "a": {"__id__": "motd", "result": True, "changes": {"diff": "password=x"}},
        "b": {"__id__": "cups", "result": True, "changes": {}},
        "c": {"__id__": "driver", "result": False, "changes": {}, "comment": "no such package"},
    }
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Something at the broker's address."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one


def salt(folder: Path, script: str) -> Config:
    """A program at salt-call's place: a real one takes 200 MB."""
    path = program(folder / "salt-call", script)
    return replace(config(folder), acts=Acts(salt_call=str(path)))


def test_states_are_counted_and_those_that_failed_named(tmp_path: Path) -> None:
    (tmp_path / "said.json").write_text(json.dumps(STATES))
    floor = Floor(
        tmp_path,
        told=salt(tmp_path, f'echo "$@" > {tmp_path}/told; cat {tmp_path}/said.json; exit 2'),
    )
    ended = floor.run("apply-configuration")
    floor.close()
    assert (ended.state, ended.reason) == (CommandState.FAILED, "did-not-work: driver")
    assert ended.result == {
        "is_dry_run": False,
        "changed": 1,
        "unchanged": 1,
        "failed": 1,
        "failed_states": ["driver"],
    }
    assert (tmp_path / "told").read_text() == "--out=json --log-level=quiet state.apply\n"


def test_a_dry_run_tells_what_would_change(tmp_path: Path) -> None:
    would = {"local": {"a": {"__id__": "motd", "result": None, "changes": {"diff": "x"}}}}
    (tmp_path / "said.json").write_text(json.dumps(would))
    floor = Floor(
        tmp_path, told=salt(tmp_path, f'echo "$@" > {tmp_path}/told; cat {tmp_path}/said.json')
    )
    ended = floor.run("apply-configuration", is_dry_run=True)
    floor.close()
    assert (ended.state, ended.result["changed"]) == (CommandState.SUCCEEDED, 1)
    assert (tmp_path / "told").read_text().endswith("state.apply test=True\n")


def test_salt_that_gives_no_result_is_quoted(tmp_path: Path) -> None:
    floor = Floor(tmp_path, told=salt(tmp_path, 'echo "The master is away" >&2; exit 1'))
    ended = floor.run("apply-configuration")
    floor.close()
    assert ended.reason.endswith("gave no result: The master is away")


def test_without_a_minion_it_is_refused_with_the_remedy(tmp_path: Path) -> None:
    told = replace(config(tmp_path), acts=Acts(salt_call="/nowhere/salt-call"))
    floor = Floor(tmp_path, told=told)
    ended = floor.run("apply-configuration")
    floor.close()
    assert ended.state is CommandState.REFUSED
    assert ended.reason.startswith("not-possible-here: install salt-minion")


def test_a_line_that_answers_is_good(listener: socket.socket, tmp_path: Path) -> None:
    floor = Floor(tmp_path, told=config(tmp_path, listener.getsockname()[1]))
    ended = floor.run("test-link", for_s=5)
    floor.close()
    assert (ended.state, ended.result["verdict"]) == (CommandState.SUCCEEDED, "good")
    assert ended.result["controller.measured_by"] in ("icmp", "tcp-connect")


def test_a_video_platform_nobody_can_find_makes_the_line_bad(
    listener: socket.socket, tmp_path: Path
) -> None:
    video = Peripheral("video", "video-platform", settings={"host": "nowhere.invalid"})
    floor = Floor(tmp_path, video, told=config(tmp_path, listener.getsockname()[1]))
    ended = floor.run("test-link", for_s=5)
    floor.close()
    assert (ended.state, ended.reason) == (CommandState.FAILED, "did-not-work: video: no answer")
    assert "controller.rtt_ms" in ended.result


def probes_of(*states: DeviceState) -> tuple[Callable[[Config], Probe], ...]:
    def make(state: DeviceState) -> Callable[[Config], Probe]:
        def one(_config: Config) -> Probe:
            return probe(state.kind, state)

        return one

    return tuple(make(state) for state in states)


def test_a_check_up_looks_at_all_and_tells_what_is_amiss(tmp_path: Path) -> None:
    black = DeviceState("desk", "camera", Health.FAILED, ("black",))
    found = [DeviceState(name, name, Health.OK) for name in ("system", "storage", "network")]
    floor = Floor(
        tmp_path,
        Peripheral("desk", "camera"),
        probes=probes_of(black, *found),
    )
    number = floor.order("check-up")
    ended = floor.end(number)
    steps = [one.result["step"] for one in floor.outcomes(number) if "step" in one.result]
    floor.close()
    assert ended.state is CommandState.SUCCEEDED
    assert ended.result["amiss"] == ["desk: failed: black"]
    assert (ended.result["probes"], ended.result["unanswered"]) == (4, [])
    assert steps == ["camera", "network", "storage", "system"]


def clock_floor(folder: Path, *services: Service) -> Floor:
    act = ClockSync(services, trusted_s=0.5)
    return Floor(
        folder,
        works={
            sync_clock.NAME: lambda scene: Errand(
                sync_clock.NAME, scene, act.run, act.resume, act.hindrance
            )
        },
    )


def test_the_time_service_is_asked_and_the_kernel_believed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    chronyc = program(tmp_path / "chronyc", f'echo "$@" >> {told}')
    path = str(chronyc)
    floor = clock_floor(
        tmp_path, Service("chrony", path, ((path, "burst", "3/5"), (path, "makestep")))
    )
    ended = floor.run("sync-clock")
    is_trusted = floor.scene.clock.is_trusted()
    floor.close()
    assert told.read_text() == "burst 3/5\nmakestep\n"
    assert ended.result["clock_trusted"] is is_trusted
    assert (ended.state is CommandState.SUCCEEDED) is is_trusted
    assert ended.result["service"] == "chrony"


def test_a_time_service_that_refuses_is_quoted(tmp_path: Path) -> None:
    chronyc = str(program(tmp_path / "chronyc", 'echo "506 Cannot talk to daemon"; exit 1'))
    floor = clock_floor(tmp_path, Service("chrony", chronyc, ((chronyc, "makestep"),)))
    ended = floor.run("sync-clock")
    floor.close()
    assert ended.state is CommandState.FAILED
    assert "506 Cannot talk to daemon" in ended.reason


def test_without_a_time_service_it_is_refused(tmp_path: Path) -> None:
    floor = clock_floor(tmp_path)
    ended = floor.run("sync-clock")
    floor.close()
    assert (ended.state, ended.reason) == (
        CommandState.REFUSED,
        "not-possible-here: install chrony",
    )


@pytest.mark.skipif(not shutil.which("salt-call"), reason="no salt-call on the PATH")
def test_a_real_salt_is_understood(tmp_path: Path) -> None:
    states = tmp_path / "states"
    states.mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "minion").write_text(
        f"file_client: local\nroot_dir: {tmp_path}/root\nfile_roots: {{base: [{states}]}}\nid: a\n"
    )
    (states / "top.sls").write_text('base:\n  "*":\n    - kiosk\n')
    (states / "kiosk.sls").write_text(
        f"note:\n  file.managed:\n    - name: {tmp_path}/note\n    - contents: secret\n"
        "broken:\n  file.managed:\n    - name: /nowhere/at/all\n    - contents: y\n"
    )
    real = shutil.which("salt-call")
    floor = Floor(tmp_path, told=salt(tmp_path, f'exec {real} --local -c {tmp_path} "$@"'))
    would = floor.run("apply-configuration", is_dry_run=True)
    done = floor.run("apply-configuration")
    floor.close()
    assert (would.state, would.result["changed"]) == (CommandState.SUCCEEDED, 2)
    assert (done.state, done.reason) == (CommandState.FAILED, "did-not-work: broken")
    assert (done.result["changed"], done.result["failed_states"]) == (1, ["broken"])
    assert (tmp_path / "note").read_text() == "secret\n"
