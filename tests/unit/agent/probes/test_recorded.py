"""What printers and modems once said, read again: IPP answers, ESC/POS dialogues, mmcli's trees.

tests/fixtures/ipp was said by an IPP Everywhere printer and its CUPS queue (tests/peer/agent/
printer), tests/fixtures/modem by ModemManager's mmcli (tests/peer/agent/line); the dialogues are
those of Epson's reference.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.probes import escpos, ipp, modem
from agent.probes.ipp import Printer, Silence
from agent.probes.printer_verdict import Bounds, judge

FIXTURES = Path(__file__).parents[3] / "fixtures"
DIALOGUES = json.loads((FIXTURES / "escpos" / "dialogues.json").read_text())


def said(name: str) -> Printer | Silence:
    return ipp.parse((FIXTURES / "ipp" / f"{name}.plist").read_text())


@pytest.mark.parametrize(
    ("queue", "printer", "health", "reasons"),
    [
        ("queue-idle", "everywhere-idle", "ok", ()),
        (
            "queue-idle",
            "everywhere-empty-toner-low",
            "failed",
            ("media-empty", "marker-waste-almost-full", "toner-low"),
        ),
        ("queue-paused-with-a-job", "everywhere-idle", "failed", ("queue-paused",)),
        ("no-such-queue", "everywhere-idle", "failed", ("no-queue",)),
        ("queue-idle", "nobody-there", "failed", ("offline",)),
    ],
)
def test_what_a_queue_and_its_printer_said_amounts_to(
    queue: str, printer: str, health: str, reasons: tuple[str, ...]
) -> None:
    found = judge(said(queue), said(printer), Bounds())
    assert (found.health, found.reasons) == (health, reasons)


def test_a_paused_queue_tells_of_the_job_that_waits() -> None:
    queue = said("queue-paused-with-a-job")
    assert isinstance(queue, Printer)
    assert (queue.queued, len(queue.waiting)) == (1, 1)


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[each["printer"] for each in DIALOGUES])
def test_what_a_receipt_printer_answered_amounts_to(dialogue: dict[str, Any]) -> None:
    answers = dict(zip(escpos.QUESTIONS, dialogue["answers"], strict=False))
    found = escpos.judge(answers)
    assert (found.health, list(found.reasons)) == (dialogue["health"], dialogue["reasons"])


@pytest.mark.parametrize(
    ("name", "health", "reasons"),
    [
        ("registered", "ok", ()),
        ("connected-roaming", "ok", ()),
        ("searching", "failed", ("not-registered",)),
        ("sim-locked", "failed", ("sim-locked",)),
        ("sim-missing", "failed", ("sim-missing",)),
    ],
)
def test_what_mmcli_said_of_a_modem_amounts_to(
    name: str, health: str, reasons: tuple[str, ...]
) -> None:
    answer = json.loads((FIXTURES / "modem" / f"{name}.json").read_text())
    found = modem.judge(modem.parse(answer))
    assert (found.health, found.reasons) == (health, reasons)
    assert not {"imei", "imsi"} & found.facts.keys()
