"""A command's life on the kiosk, on a real store and with a fake clock."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from agent.commands import Teller
from agent.commands.ping import Ping
from agent.config import OutboxLimits
from agent.journal import KEPT, Entry, Journal
from agent.orders import Orders, expired
from agent.outbox import Outbox
from agent.store import open_store
from agent.voice import Voice
from contract.commands import CommandState
from contract.messages import Command, Outcome, decode, encode
from tests.agents import BOOT, FINE, NOON, FakeClock, config


class Recorded:
    """A command that only remembers that it was run, and how it was told to end."""

    name = "reboot"

    def __init__(self) -> None:
        self.begun: list[Entry] = []
        self.resumed: list[Entry] = []
        self.tell: Teller | None = None
        self.hindered = ""

    def hindrance(self, args: Struct) -> str:
        return self.hindered

    def begin(self, entry: Entry, tell: Teller) -> None:
        self.begun.append(entry)
        self.tell = tell

    def resume(self, entry: Entry, tell: Teller) -> None:
        self.resumed.append(entry)
        self.tell = tell

    def end(self, state: CommandState, result: Mapping[str, Any] | None = None) -> None:
        assert self.tell is not None
        self.tell(state, "", result)


class Bench:
    """One life of the agent's command side; `again` is the next life on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.outbox = Outbox(lambda: open_store(folder / "agent.db"), OutboxLimits())
        self.journal = Journal(self.outbox.disk)
        self.reboot = Recorded()
        voice = Voice(config(folder), self.clock, BOOT)
        self.orders = Orders(
            self.outbox, self.journal, voice, self.clock, lambda: [FINE], lambda: None
        )
        self.orders.learn((Ping(self.clock), self.reboot))

    def again(self) -> "Bench":
        self.outbox.close()
        return Bench(self.folder)

    def receive(self, command: Command, left_s: int | None = 60) -> None:
        self.orders.receive(encode(command), left_s)

    def said(self) -> list[tuple[str, str]]:
        """State and reason of all outcomes pending."""
        entries = (self.outbox.load(key) for key in self.outbox.pending(1000))
        messages = [decode(entry.channel, entry.payload) for entry in entries if entry]
        return [(str(one.state), one.reason) for one in messages if isinstance(one, Outcome)]

    def states(self) -> list[str]:
        return [state for state, _ in self.said()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    one.outbox.close()


def command(name: str = "reboot", expires_in_s: float = 600, **args: Any) -> Command:
    return Command(
        id=str(uuid.uuid4()),
        name=name,
        args=args,
        issued_at=NOON,
        expires_at=NOON + timedelta(seconds=expires_in_s),
    )


def test_a_command_is_accepted_then_running_before_it_is_done(bench: Bench) -> None:
    bench.receive(command())
    assert bench.states() == ["accepted", "running"]
    assert len(bench.reboot.begun) == 1


def test_a_redelivered_command_runs_once(bench: Bench) -> None:
    order = command()
    bench.receive(order)
    bench.receive(order)
    assert len(bench.reboot.begun) == 1
    assert bench.states() == ["accepted", "running"]


def test_a_command_redelivered_after_a_restart_runs_once(bench: Bench) -> None:
    order = command()
    bench.receive(order)
    bench.reboot.end(CommandState.SUCCEEDED)
    later = bench.again()
    later.receive(order)
    assert later.reboot.begun == []
    assert later.states() == ["accepted", "running", "succeeded"]
    later.outbox.close()


def test_what_was_running_is_taken_up_after_a_restart_with_what_was_known(bench: Bench) -> None:
    order = command(delay_s=5)
    bench.receive(order)
    later = bench.again()
    later.orders.reconcile()
    taken_up = later.reboot.resumed[0]
    assert (taken_up.id, taken_up.args, taken_up.boot_id) == (order.id, {"delay_s": 5}, BOOT)
    assert taken_up.before == {"system": "ok"}
    later.outbox.close()


def test_what_was_accepted_but_not_begun_is_said_to_have_failed(bench: Bench) -> None:
    bench.journal.write(Entry(BOOT, "reboot", {}, CommandState.ACCEPTED, BOOT, NOON, {}))
    bench.orders.reconcile()
    assert bench.said() == [("failed", "ended-before-begun")]
    assert bench.reboot.resumed == []


def test_a_ping_cut_short_has_an_unknown_end(bench: Bench) -> None:
    bench.journal.write(Entry(BOOT, "ping", {}, CommandState.RUNNING, BOOT, NOON, {}))
    bench.orders.reconcile()
    assert bench.said() == [("unknown", "restarted-while-running")]


def test_a_ping_succeeds_with_its_answer(bench: Bench) -> None:
    bench.receive(command("ping"))
    assert bench.states() == ["accepted", "running", "succeeded"]


def test_an_expired_command_is_not_run_and_says_why(bench: Bench) -> None:
    bench.receive(command(expires_in_s=-1))
    state, reason = bench.said()[0]
    assert (state, bench.reboot.begun) == ("expired", [])
    late = "2026-07-01 12:00:00 UTC > 2026-07-01 11:59:59 UTC"
    assert reason == f"expired-before-it-came: {late}"


def test_a_second_reboot_is_refused_while_one_is_under_way(bench: Bench) -> None:
    bench.receive(command())
    bench.receive(command())
    assert bench.said()[-1] == ("refused", "other-under-way: reboot")
    assert len(bench.reboot.begun) == 1


def test_a_reboot_is_taken_again_once_the_last_one_failed(bench: Bench) -> None:
    bench.receive(command())
    bench.reboot.end(CommandState.FAILED)
    bench.receive(command())
    assert len(bench.reboot.begun) == 2


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (command("format"), "command-unknown: format"),
        (
            command(delay_s=-1),
            "arguments-invalid: arguments of reboot: Expected `int` >= 0 - at `$.delay_s`",
        ),
        (
            command(by="force"),
            "arguments-invalid: arguments of reboot: Object contains unknown field `by`",
        ),
    ],
)
def test_a_command_outside_the_catalogue_is_refused(
    bench: Bench, order: Command, reason: str
) -> None:
    bench.receive(order)
    assert bench.said() == [("refused", reason)]


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff\xfe", b"[1]", b'{"id": "x"}'])
def test_a_malformed_command_is_ignored(bench: Bench, payload: bytes) -> None:
    bench.orders.receive(payload, 60)
    assert bench.said() == []


def test_a_command_that_cannot_be_written_down_is_refused_and_not_done(bench: Bench) -> None:
    bench.outbox.disk().rows("PRAGMA query_only = on")
    order = command()
    bench.receive(order)
    bench.receive(order)
    assert bench.states() == ["refused"]
    assert bench.said()[0][1].startswith("journal-not-writable: ")
    assert bench.reboot.begun == []


def test_an_end_that_cannot_be_written_down_is_still_said(bench: Bench) -> None:
    bench.receive(command())
    bench.outbox.disk().rows("PRAGMA query_only = on")
    bench.reboot.end(CommandState.SUCCEEDED)
    assert bench.states() == ["accepted", "running", "succeeded"]


def test_an_end_that_neither_contract_nor_disk_take_is_said_without_its_result(
    bench: Bench,
) -> None:
    bench.receive(command())
    bench.outbox.disk().rows("PRAGMA query_only = on")
    bench.reboot.end(CommandState.FAILED, {"said": "x" * 3000})
    assert bench.states() == ["accepted", "running", "failed"]


def test_the_journal_keeps_the_newest_finished_commands_only(bench: Bench) -> None:
    entry = Entry("", "ping", {}, CommandState.SUCCEEDED, BOOT, NOON, {})
    with bench.outbox.disk().transaction():
        for number in range(KEPT + 10):
            at = NOON + timedelta(seconds=number)
            bench.journal.write(entry._replace(id=str(number), began_at=at))
    assert bench.journal.find("9") is None
    assert bench.journal.find("10") is not None


def test_the_journal_never_forgets_what_is_under_way(bench: Bench) -> None:
    entry = Entry("old", "reboot", {}, CommandState.RUNNING, BOOT, NOON - timedelta(days=9), {})
    bench.journal.write(entry)
    with bench.outbox.disk().transaction():
        for number in range(KEPT + 10):
            done = CommandState.SUCCEEDED
            bench.journal.write(entry._replace(id=str(number), state=done, began_at=NOON))
    assert [one.id for one in bench.journal.unfinished()] == ["old"]


def test_an_untrusted_clock_does_not_judge_what_the_broker_still_delivers() -> None:
    late = NOON + timedelta(days=3650)
    assert expired(command(), late, 30, is_trusted=False) is None


def test_a_trusted_clock_judges_even_what_the_broker_still_delivers() -> None:
    late = NOON + timedelta(hours=1)
    assert expired(command(), late, 30, is_trusted=True) is not None


def test_when_nobody_can_tell_its_age_a_command_is_too_late() -> None:
    assert expired(command(), NOON, None, is_trusted=False) is not None
    assert expired(command(), NOON, 0, is_trusted=False) is not None
