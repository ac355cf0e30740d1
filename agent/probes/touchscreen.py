"""Touch: is the screen's touch input there, the one declared, and switched on?

udev tells a touchscreen from other input (`ID_INPUT_TOUCHSCREEN`); it hangs on USB, or on the
board's own bus, where its name and its links are all there is to tell it by.
"""

import pyudev
from msgspec import Struct
from msgspec.structs import replace

from agent.config import Config
from agent.probe import Context, Probe
from agent.probes import plugged
from agent.probes.finding import Finding, add
from agent.probes.plugged import Plugged
from contract.health import DeviceState, Health

KIND = "touchscreen"
INHIBITED = "touch-off"


class _Input(Struct, frozen=True):
    """What the input device of a node says, which the node itself does not."""

    name: str
    is_off: bool


def probe(config: Config) -> Probe:
    """Reports each declared touchscreen, and any other that is found."""
    declared = config.declared(KIND)
    udev = pyudev.Context()

    def run(_context: Context) -> tuple[DeviceState, ...]:
        inputs = read(udev)
        found = [_named(one, inputs) for one in plugged.find(udev, "input", is_touch)]
        pairs = plugged.pair(declared, found)
        states = []
        for item in declared:
            one, oddity = pairs[item.id]
            is_off = one is not None and one.path in inputs and inputs[one.path].is_off
            states.append(add(plugged.presence(item, one, oddity), judge(is_off=is_off)))
        return (*states, *plugged.strays(KIND, pairs, found))

    return Probe(KIND, config.probes.period_s(KIND, 60.0), config.probes.timeout_s, run)


def read(udev: pyudev.Context) -> dict[str, _Input]:
    """The input devices of touchscreens, by node."""
    found = {}
    for node in udev.list_devices(subsystem="input"):
        parent = node.parent if is_touch(node) else None
        if parent is not None:
            name = plugged.attribute(parent, "name")
            found[node.device_node] = _Input(name, plugged.attribute(parent, "inhibited") == "1")
    return found


def is_touch(device: pyudev.Device) -> bool:
    """Whether an input node gives the touches of a screen."""
    is_event = "/event" in (device.device_node or "")
    return is_event and device.properties.get("ID_INPUT_TOUCHSCREEN") == "1"


def judge(*, is_off: bool) -> Finding:
    """A touchscreen that is there may have been switched off by the system (Linux 5.11)."""
    return Finding(Health.FAILED, (INHIBITED,)) if is_off else Finding()


def _named(one: Plugged, inputs: dict[str, _Input]) -> Plugged:
    """On a board's own bus only the input device has a name."""
    if one.product or one.path not in inputs:
        return one
    return replace(one, product=inputs[one.path].name)
