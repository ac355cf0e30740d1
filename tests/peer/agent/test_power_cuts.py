"""kill -9 at any instant, of agent and broker: nothing lost, nothing twice."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.config import OutboxLimits
from agent.outbox import Outbox
from agent.spool import Rank, Spool
from agent.store import open_store
from contract.messages import Command, Durable, Outcome
from tests.agents import KIOSK, NOON, report
from tests.peer.agent.running import Agent
from tests.peer.agent.test_kiosk import ended
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd

_WRITER = """
import sys
from pathlib import Path
from agent.outbox import Outbox
from agent.config import OutboxLimits
from agent.spool import Rank
from agent.store import open_store
from tests.agents import report
outbox = Outbox(lambda: open_store(Path(sys.argv[1])), OutboxLimits())
while True:
    outbox.push(report(), Rank.CHANGE)
    key = outbox.pending(1_000_000)[-1]
    print(key.epoch, key.seq, flush=True)
"""


def write_and_be_killed(path: Path) -> int:
    """The last seq that a writer, killed at any instant, said to have kept."""
    command = [sys.executable, "-c", _WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(random.uniform(0, 0.15))  # noqa: S311 - any instant will do
        writer.send_signal(signal.SIGKILL)
        whole = (first + writer.stdout.read()).splitlines(keepends=True)
    return int([line for line in whole if line.endswith("\n")][-1].split()[1])


def test_what_the_outbox_took_survives_a_kill_at_any_instant(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    promised = 0
    for _ in range(12):
        promised = max(promised, write_and_be_killed(path))
        spool = Spool(open_store(path), 10**9)
        seqs = [seq for seq, _ in spool.pending(0, 10**6)]
        spool.store.close()
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) >= promised
    assert promised > 12


def test_an_agent_killed_again_and_again_leaves_no_hole(agent: Agent, other_end: OtherEnd) -> None:
    for _ in range(6):
        agent.start()
        other_end.wait(more_than(len(other_end.heard)))
        ping = other_end.order(KIOSK, "ping")
        time.sleep(random.uniform(0, 1.2))  # noqa: S311 - any instant will do
        agent.kill()
    agent.start()
    other_end.wait(lambda now: now.outcomes(ping) and ended(now.outcomes(ping)))
    agent.stop()
    seen = numbers(other_end)
    assert len(seen) == 1
    assert all(seqs == set(range(1, len(seqs) + 1)) for seqs in seen.values())
    store = open_store(agent.folder / "state" / "agent.db")
    assert [len(seqs) for seqs in seen.values()] == [Spool(store, 10**9).last_seq]
    store.close()


def test_a_killed_broker_costs_nothing(agent: Agent, broker: Broker, other_end: OtherEnd) -> None:
    agent.start()
    other_end.wait(OtherEnd.reports)
    pings = []
    for _ in range(3):
        pings.append(other_end.order(KIOSK, "ping"))
        other_end.wait(end_of(pings[-1]))
        broker.kill()
        broker.start()
        other_end.wait(more_than(len(other_end.heard)))
    agent.stop()
    assert all(ended(other_end.outcomes(ping)) for ping in pings)
    seen = numbers(other_end)
    assert [seqs == set(range(1, len(seqs) + 1)) for seqs in seen.values()] == [True]


def test_only_what_is_committed_is_forgotten(agent: Agent, other_end: OtherEnd) -> None:
    other_end.is_acknowledging = False
    agent.start()
    first = other_end.wait(OtherEnd.reports)[0]
    assert agent.outbox()["pending"] == {"report": len(numbers(other_end)[first.epoch])}
    other_end.acknowledge(KIOSK, first.epoch)
    ping = other_end.order(KIOSK, "ping")
    other_end.wait(lambda heard: ended(heard.outcomes(ping)))
    assert agent.outbox()["pending"] == {"outcome": 3}


def test_72_hours_offline_are_kept_and_drained(agent: Agent, other_end: OtherEnd) -> None:
    state = agent.folder / "state"
    outbox = Outbox(lambda: open_store(state / "agent.db"), OutboxLimits())
    with outbox.disk().transaction():
        for _ in range(72):
            outbox.push(report("hourly" * 80, at=NOON), Rank.ROUTINE)
            for _ in range(12):
                outbox.push(report("change", at=NOON), Rank.CHANGE)
    epoch = outbox.disk().epoch
    outbox.close()
    agent.start()
    other_end.wait(lambda heard: heard.committed(epoch) >= 72 * 13, timeout_s=60)
    notes = [one.devices[0].facts.get("note") for one in other_end.reports()]
    assert notes.count("change") == 72 * 12
    other_end.wait(lambda _: not agent.outbox()["pending"])


@pytest.mark.parametrize("state", ["accepted", "running"])
def test_the_journal_and_what_is_said_agree_after_a_kill(
    agent: Agent, other_end: OtherEnd, state: str
) -> None:
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "reboot", delay_s=2)
    other_end.wait(lambda heard: state in [one.state for one in heard.outcomes(command)])
    agent.kill()
    store = open_store(agent.folder / "state" / "agent.db")
    journalled = store.rows("SELECT state FROM journal WHERE id = ?", command.id)[0][0]
    store.close()
    assert journalled in ("accepted", "running")
    assert [one.state for one in other_end.outcomes(command)][-1] in ("accepted", "running")


def more_than(count: int) -> Callable[[OtherEnd], bool]:
    """More messages were heard."""
    return lambda other_end: len(other_end.heard) > count


def end_of(command: Command) -> Callable[[OtherEnd], list[Outcome]]:
    """The command came to its end."""
    return lambda other_end: ended(other_end.outcomes(command))


def numbers(other_end: OtherEnd) -> dict[str, set[int]]:
    """Epoch -> the numbers heard in it."""
    found: dict[str, set[int]] = {}
    for _, message in other_end.heard:
        if isinstance(message, Durable):
            found.setdefault(message.epoch, set()).add(message.seq)
    return found
