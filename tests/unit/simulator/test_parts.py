"""What simulated devices say of themselves holds together."""

import pytest

from contract.health import DeviceState
from simulator.kiosk import begin, furnish, step
from simulator.parts import EXPERT, PVP, Part
from simulator.schedule import Level

_PARTS = {part.id: part for part in (*PVP, *EXPERT)}
#: Reasons about a level that a real kiosk measures: a number must show it.
_SHOWN = {
    "memory-low", "temperature-high", "storage-low", "rtt-high", "jitter-high", "loss-high",
    "toner-low", "toner-empty", "on-battery", "battery-low", "signal-low",
    "dns-slow",
}  # fmt: skip


@pytest.mark.parametrize("part", _PARTS.values(), ids=_PARTS)
def test_every_reason_about_a_level_shows_in_a_number_out_of_the_ordinary(part: Part) -> None:
    told = {fault.reason for fault in part.faults} & _SHOWN
    shown = [
        (reason, metric, value)
        for metric in part.metrics
        for reason in told
        if (value := metric.under(reason)) is not None
    ]
    assert {reason for reason, *_ in shown} == told
    assert not [metric for _, metric, value in shown if metric.low <= value <= metric.high]


def test_a_printer_out_of_toner_has_none() -> None:
    levels = {
        device.metrics["toner_percent"]
        for seed in range(20)
        for device in printers(seed)
        if "toner-empty" in device.reasons
    }
    assert levels == {0}


def printers(seed: int, until: float = 24 * 3600.0) -> list[DeviceState]:
    """The printer of one troubled kiosk, turn by turn."""
    kiosk = furnish("pvp-63003-1", "pvp", seed, Level.MANY, run="2026-01-01T00:00:00")
    states = [begin(kiosk, 0.0)]
    while states[-1].turn_at < until:
        states.append(step(kiosk, states[-1], states[-1].turn_at))
    return [device for state in states for device in state.devices if device.id == "printer"]
