"""Touch: is the screen's touch input there, the one declared, and switched on?

udev tells a touchscreen from other input (`ID_INPUT_TOUCHSCREEN`); it hangs on USB, or on the
board's own bus, where its name and its links are all there is to tell it by.
"""

import pyudev
from msgspec.structs import replace

from agent.config import Config
from agent.probe import Context, Probe
from agent.probes import plugged
from agent.probes.finding import Finding, add
from agent.probes.plugged import Plugged
from contract.health import DeviceState, Health

KIND = "touchscreen"
INHIBITED = "touch-off"


def probe(config: Config) -> Probe:
    """Reports each declared touchscreen, and any other that is found."""
    declared = config.declared(KIND)
    udev = pyudev.Context()

    def run(_context: Context) -> tuple[DeviceState, ...]:
        found = plugged.find(udev, "input", is_touch)
        named = {each.path: _named(udev, each) for each in found}
        off = {path for path in named if _is_inhibited(udev, path)}
        pairs = plugged.pair(declared, tuple(named.values()))
        states = []
        for item in declared:
            one, oddity = pairs[item.id]
            state = plugged.presence(item, one, oddity)
            states.append(add(state, judge(is_off=one is not None and one.path in off)))
        return (*states, *plugged.strays(KIND, pairs, tuple(named.values())))

    return Probe(KIND, config.probes.period_s(KIND, 60.0), config.probes.timeout_s, run)


def is_touch(device: pyudev.Device) -> bool:
    """Whether an input node gives the touches of a screen."""
    is_event = "/event" in (device.device_node or "")
    return is_event and device.properties.get("ID_INPUT_TOUCHSCREEN") == "1"


def judge(*, is_off: bool) -> Finding:
    """A touchscreen that is there may have been switched off by the system (Linux 5.11)."""
    return Finding(Health.FAILED, (INHIBITED,)) if is_off else Finding()


def _named(udev: pyudev.Context, one: Plugged) -> Plugged:
    """With its name, which is its input device's: the node has none."""
    name = _of_input(udev, one.path, "name")
    return one if one.product or not name else replace(one, product=name)


def _is_inhibited(udev: pyudev.Context, path: str) -> bool:
    return _of_input(udev, path, "inhibited") == "1"


def _of_input(udev: pyudev.Context, path: str, name: str) -> str:
    """An attribute of the input device that a node belongs to; empty when it is going away."""
    try:
        parent = pyudev.Devices.from_device_file(udev, path).parent
    except (pyudev.DeviceNotFoundError, OSError, ValueError):
        return ""
    return plugged.attribute(parent, name) if parent is not None else ""
