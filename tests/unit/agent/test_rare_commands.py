"""Commands that are loaded when first ordered, and what they say while they run."""

import threading
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from agent.commands import RARE, Teller, errand
from agent.commands.errand import End, Errand, Job, ask, done, limit_s
from agent.commands.fetch_logs import LogFetch
from agent.errors import AgentError, ProgramError
from agent.journal import Entry
from agent.loop import Loop
from agent.outbox import Outbox
from agent.store import open_store
from contract.commands import CommandState, spec
from contract.messages import Outcome, Piece, decode
from tests.agents import BOOT, NOON, FakeClock
from tests.errands import Floor
from tests.unit.agent.test_agent_orders import Bench, command


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def teller(bench: Bench) -> Teller:
    bench.receive(command())
    assert bench.reboot.tell is not None
    return bench.reboot.tell


def outcomes(outbox: Outbox) -> list[Outcome]:
    entries = (outbox.load(key) for key in outbox.pending(1000))
    said = (decode(entry.channel, entry.payload) for entry in entries if entry)
    return [one for one in said if isinstance(one, Outcome)]


def test_every_rare_command_is_in_the_catalogue() -> None:
    assert [spec(name).name for name, _ in RARE] == [name for name, _ in RARE]


def test_progress_is_said_when_the_step_is_another(bench: Bench) -> None:
    tell = teller(bench)
    for percent, step in ((10, "off"), (20, "off"), (150, "on")):
        tell.progress(percent, step)
    said = [one.result for one in outcomes(bench.outbox) if one.result]
    assert said == [
        {"progress_percent": 10, "step": "off"},
        {"progress_percent": 100, "step": "on"},
    ]


def test_the_same_step_is_said_again_after_a_while(bench: Bench) -> None:
    tell = teller(bench)
    tell.progress(10, "off")
    bench.clock.advance(5)
    tell.progress(40, "off")
    said = [one.result["progress_percent"] for one in outcomes(bench.outbox) if one.result]
    assert said == [10, 40]


def test_a_piece_is_sent_as_a_running_commands(bench: Bench) -> None:
    teller(bench).piece(Piece(0, 1, b"\x00log"))
    last = outcomes(bench.outbox)[-1]
    assert (last.state, last.piece) == (CommandState.RUNNING, Piece(0, 1, b"\x00log"))


def test_nothing_is_said_of_a_command_after_its_end(bench: Bench) -> None:
    tell = teller(bench)
    tell(CommandState.SUCCEEDED)
    tell.progress(10, "off")
    assert outcomes(bench.outbox)[-1].state is CommandState.SUCCEEDED


def test_a_note_outlives_the_agent_and_ends_with_the_command(bench: Bench, tmp_path: Path) -> None:
    teller(bench).note("port 1-1.2")
    later = bench.again()
    later.orders.reconcile()
    tell = later.reboot.tell
    assert tell is not None
    assert tell.noted() == "port 1-1.2"
    tell(CommandState.FAILED)
    assert tell.noted() == ""
    assert (
        open_store(tmp_path / "agent.db").rows("SELECT key FROM meta WHERE key LIKE 'note%'") == []
    )


def test_a_result_that_breaks_the_contract_does_not_hide_the_end(bench: Bench) -> None:
    teller(bench)(CommandState.SUCCEEDED, result={"too_long": "x" * 3000})
    last = outcomes(bench.outbox)[-1]
    assert (last.state, last.result) == (CommandState.SUCCEEDED, {})


def test_what_hinders_a_command_refuses_it(bench: Bench) -> None:
    bench.reboot.hindered = "not-possible-here: no such program"
    bench.receive(command())
    assert bench.said() == [("refused", "not-possible-here: no such program")]


def journalctl(folder: Path, script: str) -> LogFetch:
    program = folder / "journalctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return LogFetch(str(program))


def test_a_journalctl_that_complains_without_end_is_heard_out(tmp_path: Path) -> None:
    act = journalctl(tmp_path, "head -c 1000000 /dev/zero | tr '\\0' e >&2; echo the word")
    floor = Floor(
        tmp_path, works={"fetch-logs": lambda scene: Errand("fetch-logs", scene, act.run, act.run)}
    )
    ended = floor.run("fetch-logs")
    floor.close()
    assert (ended.state, ended.result["lines"]) == (CommandState.SUCCEEDED, 1)


@pytest.mark.parametrize("script", ["exec sleep 600", "sleep 600; true"])
def test_a_journalctl_that_hangs_ends_with_its_errand_and_what_it_started(
    script: str, tmp_path: Path
) -> None:
    clock, floor = FakeClock(), Floor(tmp_path)
    act = journalctl(tmp_path, script)
    scene = replace(floor.scene, clock=clock)
    entry = Entry(BOOT, "fetch-logs", {}, CommandState.RUNNING, BOOT, NOON, {})
    job = Job(scene, entry, cast(Teller, Silent()), threading.Event())
    clock.advance(limit_s("fetch-logs"))
    with pytest.raises(ProgramError, match="journalctl"):
        act.run(job)
    floor.close()


def test_what_goes_wrong_in_the_loop_is_the_askers_and_the_loop_goes_on(tmp_path: Path) -> None:
    floor = Floor(tmp_path)
    with pytest.raises(ZeroDivisionError):
        ask(floor.loop, lambda: 1 // 0)
    assert ask(floor.loop, lambda: "goes on") == "goes on"
    floor.close()


def test_a_loop_that_has_ended_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = Floor(tmp_path)
    floor.close()
    monkeypatch.setattr(errand, "ANSWER_S", 0.01)
    with pytest.raises(AgentError, match="did not answer within"):
        ask(floor.loop, lambda: None)


class Silent:
    """Tells nothing."""

    def progress(self, percent: int, step: str) -> None: ...


def test_what_an_older_agent_took_with_other_arguments_has_an_unknown_end(tmp_path: Path) -> None:
    floor = Floor(tmp_path)
    entry = Entry(BOOT, "fetch-logs", {"since_s": 1}, CommandState.RUNNING, BOOT, NOON, {})
    ask(floor.loop, lambda: floor.orders.journal.write(entry))
    floor.close()
    later = Floor(tmp_path)
    ended = later.end(BOOT)
    later.close()
    assert ended.state is CommandState.UNKNOWN
    assert ended.reason.startswith("arguments-invalid: ")


def test_an_errand_that_does_not_come_back_is_given_up_in_time(tmp_path: Path) -> None:
    clock = FakeClock()
    loop = Loop(clock.monotonic)
    floor = Floor(tmp_path)
    scene = replace(floor.scene, loop=loop, clock=clock)
    floor.close()
    goes_on, begun = threading.Event(), threading.Event()
    ended: list[str] = []

    def hang(job: Job) -> End:
        begun.set()
        goes_on.wait(30)
        return done()

    class Said:
        """Only how it ended."""

        def __call__(self, state: CommandState, reason: str = "", result: object = None) -> None:
            ended.append(f"{state} {reason}")

        progress = piece = note = noted = None

    errand = Errand("ping", scene, hang, hang)
    entry = Entry(BOOT, "ping", {}, CommandState.RUNNING, BOOT, NOON, {})
    errand.begin(entry, cast(Teller, Said()))
    assert begun.wait(30)
    clock.advance(limit_s("ping") - 0.1)
    loop.turn(0)
    assert ended == []
    clock.advance(0.2)
    loop.turn(0)
    goes_on.set()
    for thread in threading.enumerate():
        if thread.name == "errand":
            thread.join(30)
    loop.turn(0)
    loop.close()
    assert ended == ["failed timed-out: 50 s"]
