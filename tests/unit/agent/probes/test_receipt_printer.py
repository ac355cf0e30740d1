"""Receipt printers: what their bytes amount to, and how long an old answer holds."""

import os
from collections.abc import Iterator

import pytest

from agent.config import Config, Match, Peripheral
from agent.errors import ConfigError
from agent.probe import Context
from agent.probes import escpos, receipt_port, receipt_printer
from contract.health import DeviceState, Health

FINE: dict[int, int | None] = dict.fromkeys(escpos.QUESTIONS, 0x12)


def config(match: Match) -> Config:
    nothing = Config.unenrolled()
    item = Peripheral("tickets", "receipt-printer", match=match)
    return Config(nothing.kiosk, nothing.broker, peripherals=(item,))


@pytest.mark.parametrize("unanswered", escpos.QUESTIONS)
def test_one_question_without_answer_is_never_ok(unanswered: int) -> None:
    found = escpos.judge({**FINE, unanswered: None})
    assert (found.health, found.reasons) == (Health.UNKNOWN, ("no-answer",))


def test_a_fault_is_said_even_when_other_answers_are_missing() -> None:
    assert escpos.judge({1: 0x1A, 2: 0x16, 3: None, 4: None}).reasons == ("cover-open",)


def test_what_made_it_offline_is_said_rather_than_that_it_is() -> None:
    assert escpos.judge({**FINE, 1: 0x1A, 2: 0x32, 4: 0x7E}).reasons == ("media-empty",)


def test_any_byte_is_a_status_or_garbled() -> None:
    found = [escpos.judge({**FINE, 2: byte}).reasons == ("garbled",) for byte in range(256)]
    assert found == [not escpos.is_status(byte) for byte in range(256)]


@pytest.fixture
def line() -> Iterator[str]:
    """A serial line with nobody at the other end who answers."""
    own, other = os.openpty()
    path = os.ttyname(other)
    os.close(other)
    yield path
    os.close(own)


def test_a_line_that_is_silent_costs_its_time_limit(line: str) -> None:
    answers, lines = receipt_port.ask(line, 9600, is_lp=False)
    assert (answers, lines) == ({1: None}, None)


def test_one_told_by_its_queue_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be told by its node or its plug"):
        receipt_printer.probe(config(Match(queue="Tickets")))


def test_a_node_that_is_no_device_is_missing() -> None:
    told = config(Match(path=__file__))
    (state,) = receipt_printer.probe(told).run(Context(told, "boot", None))
    assert state == DeviceState("tickets", "receipt-printer", Health.MISSING, ("not-connected",))
