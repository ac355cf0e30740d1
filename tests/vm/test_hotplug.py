"""Real plugs, drivers and uevents: what is pulled out is missed, and what is back is found."""

import pytest

from contract.health import Health
from tests.faults import Detection, fault
from tests.peer.other_end import OtherEnd
from tests.vm.hearing import until, until_there
from tests.vm.kiosk import Kiosk
from tests.vm.plugs import PLUGS, Plug

ROWS = [
    pytest.param(
        one,
        id=one.kind,
        marks=fault(
            one.kind,
            "pulled out of a running kiosk",
            f"{one.by} is taken from a virtual kiosk",
            "missing",
            "not-connected",
        ),
    )
    for one in PLUGS
]


@pytest.mark.parametrize("one", ROWS)
def test_a_peripheral_pulled_out_is_missing_until_it_is_back(
    one: Plug, kiosk: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    one.plug(kiosk.machine)
    kiosk.declare(one.declaration())
    kiosk.start()
    until_there(other_end, "one")
    detection.begins()
    one.pull(kiosk.machine)
    detection.ends(until(other_end, "one", Health.MISSING))
    one.plug(kiosk.machine)
    until_there(other_end, "one")
