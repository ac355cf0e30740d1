"""What the other end has heard of one device, and waiting for it."""

from contract.health import DeviceState, Health
from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S


def latest(heard: OtherEnd, name: str) -> DeviceState | None:
    """How a device was when it was last told of."""
    for report in reversed(heard.reports()):
        for device in report.devices:
            if device.id == name:
                return device
    return None


def until(heard: OtherEnd, name: str, health: Health, reason: str = "") -> DeviceState:
    """Wait until a device is said to be so."""

    def is_so(now: OtherEnd) -> DeviceState | None:
        state = latest(now, name)
        if state is None or state.health is not health:
            return None
        return state if not reason or reason in state.reasons else None

    found: DeviceState = heard.wait(is_so, PATIENCE_S)
    return found


def until_there(heard: OtherEnd, name: str) -> DeviceState:
    """Wait until a device is said to be plugged in, however well it is."""

    def is_there(now: OtherEnd) -> DeviceState | None:
        state = latest(now, name)
        return state if state is not None and state.health is not Health.MISSING else None

    found: DeviceState = heard.wait(is_there, PATIENCE_S)
    return found


def until_fact(heard: OtherEnd, name: str, fact: str, value: object) -> DeviceState:
    """Wait until a fact of a device is said to be so."""

    def is_so(now: OtherEnd) -> DeviceState | None:
        state = latest(now, name)
        return state if state is not None and state.facts.get(fact) == value else None

    found: DeviceState = heard.wait(is_so, PATIENCE_S)
    return found
