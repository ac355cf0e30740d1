"""Printers: what their words amount to, and the plug of one that USB tells of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import Config, Match, Peripheral
from agent.errors import ConfigError
from agent.probes import ipp, printer
from agent.probes.ipp import ABORTED, HELD, STOPPED, Job, Printer, Silence, Supply
from agent.probes.plugged import Plugged
from agent.probes.printer_verdict import Bounds, judge, keyword
from contract.health import Health
from tests.faults import Detection, fault
from tests.unit.agent.probes.testbed import Bed, Glance

IDLE = 3
TOLD = Bounds()


def queue(*reasons: str, state: int = IDLE) -> Printer:
    return Printer(state, reasons)


@pytest.mark.parametrize(
    ("said", "health", "reasons"),
    [
        ("none", Health.OK, ()),
        ("connecting-to-device", Health.OK, ()),
        ("media-low-report", Health.DEGRADED, ("media-low",)),
        ("media-empty-warning", Health.FAILED, ("media-empty",)),
        ("media-empty-report", Health.FAILED, ("media-empty",)),
        ("cover-open", Health.FAILED, ("cover-open",)),
        ("marker-waste-almost-full-warnin", Health.DEGRADED, ("marker-waste-almost-full",)),
        ("vendor-blinks-report", Health.OK, ()),
        ("vendor-blinks-warning", Health.DEGRADED, ("vendor-blinks",)),
        ("Plus de papier !", Health.OK, ()),
    ],
)
def test_what_a_keyword_amounts_to_whatever_follows_it(
    said: str, health: Health, reasons: tuple[str, ...]
) -> None:
    found = judge(queue(said), None, TOLD)
    assert (found.health, found.reasons) == (health, reasons)


def test_the_printers_own_word_on_paper_is_taken_before_the_queues() -> None:
    stale, fresh = queue("media-empty-warning"), queue("none")
    assert judge(stale, fresh, TOLD).health is Health.OK


def test_a_queue_that_answers_says_nothing_of_a_printer_that_does_not() -> None:
    assert judge(queue(), Silence.DOWN, TOLD).reasons == ("offline",)


def test_a_stopped_queue_is_paused_and_said_once() -> None:
    assert judge(queue("paused", state=STOPPED), None, TOLD).reasons == ("queue-paused",)


def test_a_job_that_somebody_holds_back_is_not_stuck() -> None:
    held = Printer(IDLE, waiting=(Job(1, HELD, 9999),))
    assert judge(held, None, TOLD).health is Health.OK


def test_a_job_that_failed_is_said_for_an_hour() -> None:
    failed = [Printer(IDLE, last=Job(1, ABORTED, age_s)) for age_s in (60, 7200)]
    assert [judge(each, None, TOLD).health for each in failed] == [Health.DEGRADED, Health.OK]


def test_two_cartridges_of_a_colour_have_metrics_of_their_own() -> None:
    two = Printer(IDLE, supplies=(Supply("ink", "black", 50.0), Supply("ink", "black", 8.0)))
    found = judge(two, None, TOLD)
    assert found.metrics["ink_black_percent"] == 50.0
    assert found.metrics["ink_black_2_percent"] == 8.0
    assert found.reasons == ("marker-supply-low",)


@given(st.text())
def test_any_answer_is_read_or_called_none(raw: str) -> None:
    assert isinstance(ipp.parse(raw), Printer | Silence)


@given(st.text())
def test_any_reason_becomes_a_keyword_of_the_contract_or_nothing(said: str) -> None:
    assert keyword(said) == "" or keyword(said).replace("-", "").isalnum()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (Peripheral("p", "printer"), "is told by nothing"),
        (Peripheral("p", "printer", settings={"uri": "http://x/"}), "settings.uri of peripheral"),
        (Peripheral("p", "printer", settings={"cups": "a b"}), "settings.cups of peripheral"),
    ],
)
def test_a_printer_told_wrongly_is_refused(item: Peripheral, said: str) -> None:
    nothing = Config.unenrolled()
    with pytest.raises(ConfigError, match=said):
        printer.probe(Config(nothing.kiosk, nothing.broker, peripherals=(item,)))


@fault("printer", "unplugged", "umockdev takes it from USB", "missing", "not-connected")
def test_a_printer_that_is_pulled_is_missing(
    bed: Bed, tmp_path: Path, detection: Detection
) -> None:
    item = Peripheral("laser", "printer", match=Match(usb_id="03f0:222a"))
    paths = bed.plug_recorded("printer")
    glance = Glance(bed, "printer", [item], tmp_path)
    assert glance.look()["laser"].health is Health.OK
    detection.begins()
    bed.pull(paths)
    detection.ends(glance.look()["laser"])
    glance.close()


ONE = Plugged("/sys/one", "03f0:222a", "VNB3", "1-1")
OTHER = Plugged("/sys/other", "04b8:0202", "58324", "1-2")


def test_a_printer_known_by_its_queue_is_told_by_the_serial_number_in_its_address() -> None:
    laser = Peripheral("laser", "printer", match=Match(queue="Laser"))
    asked = [(laser, "usb://HP/LaserJet?serial=VNB3")]
    assert printer.pair(asked, (OTHER, ONE)) == {"laser": (ONE, "")}
    assert printer.pair(asked, ()) == {"laser": (None, "")}


def test_a_serial_number_written_otherwise_is_that_of_the_printer_nobody_else_claims() -> None:
    laser = Peripheral("laser", "printer", match=Match(usb_id="03f0:222a"))
    epson = Peripheral("epson", "printer", match=Match(queue="Epson"))
    asked = [(epson, "usb://EPSON/TM?serial=X24"), (laser, "")]
    assert printer.pair(asked, (ONE, OTHER)) == {"laser": (ONE, ""), "epson": (OTHER, "")}


def test_usb_tells_nothing_of_a_printer_on_the_network() -> None:
    laser = Peripheral("laser", "printer", match=Match(queue="Laser"))
    assert printer.pair([(laser, "ipp://192.0.2.7/ipp/print")], (ONE,)) == {}
