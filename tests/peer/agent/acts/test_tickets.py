"""The test ticket: on a line that answers as Epson's manual has it, and keeps what it printed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import Match, Peripheral
from contract.commands import CommandState
from tests.agents import KIOSK
from tests.errands import Floor
from tests.peer.agent.printer.receipts import ReceiptPrinter
from tests.peer.region import wait_until

NO_PAPER = {1: 0x1A, 2: 0x32, 4: 0x7E}


@pytest.fixture
def printer() -> Iterator[ReceiptPrinter]:
    made = ReceiptPrinter()
    yield made
    made.close()


@pytest.fixture
def floor(printer: ReceiptPrinter, tmp_path: Path) -> Iterator[Floor]:
    item = Peripheral("tickets", "receipt-printer", match=Match(path=printer.path))
    one = Floor(tmp_path, item)
    yield one
    one.close()


def test_a_ticket_says_which_kiosk_printed_it(printer: ReceiptPrinter, floor: Floor) -> None:
    ended = floor.run("print-test-page", device="tickets")
    assert (ended.state, ended.result) == (
        CommandState.SUCCEEDED,
        {"paper_before": "ok", "paper_after": "ok", "is_confirmed": True},
    )
    assert f"\n{KIOSK}\ntickets\n".encode() in printer.printed
    assert printer.printed.startswith(b"\x1b@Ticket d'essai / Test ticket\n")


def test_without_paper_nothing_is_sent(printer: ReceiptPrinter, floor: Floor) -> None:
    printer.answers |= NO_PAPER
    ended = floor.run("print-test-page", device="tickets")
    assert (ended.state, ended.reason) == (CommandState.FAILED, "did-not-work: media-empty")
    assert printer.printed == b""


def test_paper_that_ends_meanwhile_is_told(printer: ReceiptPrinter, floor: Floor) -> None:
    number = floor.order("print-test-page", device="tickets")
    wait_until(lambda: b"Ticket" in printer.printed, "the ticket")
    printer.answers |= NO_PAPER
    ended = floor.end(number)
    assert ended.reason == "did-not-work: media-empty"
    assert (ended.result["paper_before"], ended.result["paper_after"]) == ("ok", "media-empty")


def test_a_printer_that_never_answers_confirms_nothing(
    printer: ReceiptPrinter, tmp_path: Path
) -> None:
    item = Peripheral(
        "tickets", "receipt-printer", match=Match(path=printer.path), settings={"status": False}
    )
    floor = Floor(tmp_path, item)
    ended = floor.run("print-test-page", device="tickets")
    floor.close()
    assert (ended.state, ended.result["is_confirmed"]) == (CommandState.SUCCEEDED, False)


def test_an_agent_killed_while_it_prints_prints_no_other(
    printer: ReceiptPrinter, floor: Floor, tmp_path: Path
) -> None:
    number = floor.order("print-test-page", device="tickets")
    wait_until(lambda: b"Ticket" in printer.printed, "the ticket")
    later = next_life(floor, tmp_path)
    ended = later.end(number)
    later.close()
    assert (ended.state, ended.reason) == (CommandState.UNKNOWN, "restarted-while-running")
    assert printer.printed.count(b"Test ticket") == 1


def next_life(floor: Floor, folder: Path) -> Floor:
    """The agent is killed, and begins anew."""
    floor.cut_off()
    return Floor(folder, *floor.config.peripherals)
