"""The printer probe on a real CUPS and a real IPP Everywhere printer."""

from collections.abc import Iterator

import pytest

from agent.config import Match, Peripheral
from agent.probes import printer
from contract.health import DeviceState, Health
from tests.agents import OneProbe
from tests.faults import Detection, fault
from tests.peer.agent.printer.office import QUEUE, Office, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.close()


class Kiosk(OneProbe):
    """A kiosk whose one printer is that of the office."""

    def __init__(self, office: Office, **told: str | float) -> None:
        settings = {"cups": office.cups, **told}
        item = Peripheral("printer", "printer", match=Match(queue=QUEUE), settings=settings)
        super().__init__(printer.probe, item)

    def until_said(self, *reasons: str) -> DeviceState:
        """The state, once it has these reasons."""
        return self.until(lambda state: set(reasons) <= set(state.reasons))


@pytest.fixture
def kiosk(office: Office) -> Kiosk:
    """Whose printer is fine."""
    made = Kiosk(office)
    assert made.look().health is Health.OK
    return made


def test_a_printer_at_rest_is_ok_and_tells_its_toner(kiosk: Kiosk) -> None:
    state = kiosk.look()
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics["toner_black_percent"] == 75.0
    assert state.metrics["queued_jobs"] == 0.0


@fault("printer", "off, and its queue idle", "ippeveprinter is ended", "failed", "offline")
def test_a_printer_that_is_off_is_said_though_its_queue_is_idle(
    office: Office, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    office.stop_printer()
    state = kiosk.look()
    detection.ends(state)
    assert state.reasons == ("offline",)  # nothing that the queue says
    office.start_printer()
    assert kiosk.look().health is Health.OK


@fault("printer", "queue paused", "cupsdisable", "failed", "queue-paused")
def test_a_paused_queue_is_said_until_it_is_started(
    office: Office, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    office.admin("cupsdisable", QUEUE)
    detection.ends(kiosk.until_said("queue-paused"))
    office.admin("cupsenable", QUEUE)
    assert kiosk.look().health is Health.OK


@fault("printer", "queue takes no jobs", "cupsreject", "failed", "not-accepting-jobs")
def test_a_queue_that_takes_nothing_is_said(
    office: Office, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    office.admin("cupsreject", QUEUE)
    detection.ends(kiosk.until_said("not-accepting-jobs"))


@fault("printer", "queue removed", "lpadmin -x", "failed", "no-queue")
def test_a_queue_that_is_gone_is_said(office: Office, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    office.admin("lpadmin", "-x", QUEUE)
    detection.ends(kiosk.until_said("no-queue"))


@fault("printer", "CUPS not running", "cupsd is ended", "failed", "cups-down")
def test_a_print_service_that_ended_is_said(
    office: Office, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    office.stop_cups()
    detection.ends(kiosk.look())


@fault("printer", "out of paper", "ippeveprinter's tray is empty", "failed", "media-empty")
def test_an_empty_tray_is_said_before_anybody_prints(
    office: Office, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    office.set("/media?size1=2&type1=4&level1=0")
    state = kiosk.look()
    detection.ends(state)
    assert state.reasons == ("media-empty",)


@fault("printer", "paper nearly out", "ippeveprinter has 5 sheets", "degraded", "media-low")
def test_few_sheets_degrade(office: Office, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    office.set("/media?size1=2&type1=4&level1=5&size3=1&type3=1&level3=5")
    detection.ends(kiosk.look())


@fault("printer", "CUPS hangs", "cupsd is stopped (SIGSTOP)", "unknown", "timed-out")
def test_a_print_service_that_hangs_leaves_the_printer_unknown(
    office: Office, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    office.freeze_cups()
    detection.ends(kiosk.look())


@fault("printer", "toner low", "ippeveprinter's black is at 4 %", "degraded", "toner-low")
def test_low_toner_degrades(office: Office, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    office.set("/supplies?supply0=25&supply1=4")
    state = kiosk.look()
    detection.ends(state)
    assert state.metrics["toner_black_percent"] == 4.0


@fault("printer", "toner empty", "ippeveprinter's black is at 0 %", "failed", "toner-empty")
def test_empty_toner_is_said(office: Office, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    office.set("/supplies?supply0=25&supply1=0")
    detection.ends(kiosk.look())


@fault(
    "printer",
    "waste container nearly full",
    "ippeveprinter's waste is at 95 %",
    "degraded",
    "marker-waste-almost-full",
)
def test_a_waste_container_that_fills_degrades(
    office: Office, kiosk: Kiosk, detection: Detection
) -> None:
    detection.begins()
    office.set("/supplies?supply0=95&supply1=75")
    detection.ends(kiosk.look())


@fault("printer", "paper jam", "the printer says so while it prints", "failed", "media-jam")
def test_a_jam_is_said(office: Office, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    office.fail_with("media-jam")
    detection.ends(kiosk.until_said("media-jam"))


@fault("printer", "cover open", "the printer says so while it prints", "failed", "cover-open")
def test_an_open_cover_is_said(office: Office, kiosk: Kiosk, detection: Detection) -> None:
    detection.begins()
    office.fail_with("cover-open")
    detection.ends(kiosk.until_said("cover-open"))


@fault("printer", "a job that is stuck", "the printer never ends it", "failed", "job-stuck")
def test_a_job_that_waits_too_long_is_said(office: Office, detection: Detection) -> None:
    kiosk = Kiosk(office, stuck_after_s=1.0)
    assert kiosk.look().health is Health.OK
    detection.begins()
    office.hold_back()
    office.print()
    state = kiosk.until_said("job-stuck")
    detection.ends(state)
    assert state.metrics["queued_jobs"] == 1.0
