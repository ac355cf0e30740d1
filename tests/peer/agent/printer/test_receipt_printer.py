"""The receipt printer's probe on a serial line that answers, is silent, or talks rubbish."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import Match, Peripheral
from agent.errors import ConfigError
from agent.probes import receipt_printer
from contract.health import Health
from tests.agents import OneProbe
from tests.faults import Detection, fault
from tests.peer.agent.printer.receipts import ReceiptPrinter
from tests.peer.region import wait_until

OFFLINE, COVER, PAPER_STOP, ERROR = 0x1A, 0x16, 0x32, 0x52
CUTTER, NEAR_END, AT_END = 0x1A, 0x1E, 0x7E


@pytest.fixture
def printer() -> Iterator[ReceiptPrinter]:
    made = ReceiptPrinter()
    yield made
    made.close()


class Kiosk(OneProbe):
    """A kiosk with a receipt printer at a serial line."""

    def __init__(self, path: str, **told: int) -> None:
        item = Peripheral("tickets", "receipt-printer", match=Match(path=path), settings=told)
        self.now = 0.0
        super().__init__(lambda config: receipt_printer.probe(config, lambda: self.now), item)


@pytest.fixture
def kiosk(printer: ReceiptPrinter) -> Kiosk:
    """Whose printer is fine."""
    made = Kiosk(printer.path)
    state = made.look()
    assert (state.health, state.reasons) == (Health.OK, ())
    return made


@fault("receipt-printer", "out of paper", "DLE EOT: paper at its end", "failed", "media-empty")
def test_the_papers_end_is_said(
    printer: ReceiptPrinter, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    printer.answers |= {1: OFFLINE, 2: PAPER_STOP, 4: AT_END}
    state = kiosk.look()
    detection.ends(state)
    assert state.reasons == ("media-empty",)


@fault(
    "receipt-printer", "paper nearly out", "DLE EOT: paper near its end", "degraded", "media-low"
)
def test_paper_near_its_end_degrades(
    printer: ReceiptPrinter, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    printer.answers[4] = NEAR_END
    detection.ends(kiosk.look())


@fault("receipt-printer", "cover open", "DLE EOT: cover open", "failed", "cover-open")
def test_an_open_cover_is_said(printer: ReceiptPrinter, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    printer.answers |= {1: OFFLINE, 2: COVER}
    detection.ends(kiosk.look())


@fault("receipt-printer", "cutter stuck", "DLE EOT: cutter error", "failed", "cutter-jam")
def test_a_cutter_that_is_stuck_is_said(
    printer: ReceiptPrinter, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    printer.answers |= {1: OFFLINE, 2: ERROR, 3: CUTTER}
    detection.ends(kiosk.look())


@fault("receipt-printer", "put offline", "DLE EOT: offline, no cause", "failed", "offline")
def test_a_printer_put_offline_is_said(
    printer: ReceiptPrinter, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    printer.answers[1] = OFFLINE
    detection.ends(kiosk.look())


@fault("receipt-printer", "silent", "its line answers nothing", "failed", "no-answer")
def test_silence_is_said(printer: ReceiptPrinter, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    printer.answers = dict.fromkeys(printer.answers)
    detection.ends(kiosk.look())
    printer.answers = dict.fromkeys(printer.answers, 0x12)
    assert kiosk.look().health is Health.OK


@fault("receipt-printer", "garbage on its line", "it answers FF", "unknown", "garbled")
def test_garbage_is_no_status(printer: ReceiptPrinter, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    printer.answers = dict.fromkeys(printer.answers, 0xFF)
    detection.ends(kiosk.look())


@fault("receipt-printer", "unplugged", "its line is gone", "missing", "not-connected")
def test_a_printer_whose_line_is_gone_is_missing(detection: Detection) -> None:
    printer = ReceiptPrinter()
    kiosk = Kiosk(printer.path)
    assert kiosk.look().health is Health.OK
    detection.begins()
    printer.close()
    detection.ends(kiosk.look())


@pytest.fixture
def prints(printer: ReceiptPrinter, tmp_path: Path) -> Iterator[Path]:
    """Another program has the line open, as long as this file is there: no child of ours."""
    flag = tmp_path / "prints"
    code = (
        "import pathlib, sys, time; line = open(sys.argv[1], 'rb');"
        "flag = pathlib.Path(sys.argv[2]); flag.touch()\n"
        "while flag.exists(): time.sleep(0.02)\n"
        "line.close(); flag.with_name('over').touch()"
    )
    command = shlex.join([sys.executable, "-c", code, printer.path, str(flag)])
    subprocess.run(["/bin/sh", "-c", f"{command} &"], check=True)
    wait_until(flag.exists, "the other program")
    yield flag
    flag.unlink(missing_ok=True)
    wait_until(flag.with_name("over").exists, "the other program's end")


@fault("receipt-printer", "held by another program", "a program opens it", "unknown", "device-busy")
def test_while_another_program_prints_it_is_not_asked(
    printer: ReceiptPrinter, prints: Path, detection: Detection
) -> None:
    detection.begins()
    kiosk = Kiosk(printer.path)
    detection.ends(kiosk.look())
    prints.unlink()
    wait_until(prints.with_name("over").exists, "the other program's end")
    assert kiosk.look().health is Health.OK


def test_what_was_known_holds_while_another_program_prints_but_not_for_good(
    kiosk: Kiosk, prints: Path
) -> None:
    assert prints.exists()
    assert kiosk.look().health is Health.OK
    kiosk.now = 301.0
    assert kiosk.look().reasons == ("device-busy",)


def test_a_speed_that_no_line_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="is 9601, must be one of"):
        Kiosk(os.devnull, baud=9601)
