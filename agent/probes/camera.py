"""Cameras: the ones this kiosk is meant to have, that capture, and whose picture is a picture.

A UVC camera is two video4linux nodes under one USB device, of which one captures. udev says so
(`ID_V4L_CAPABILITIES=:capture:`); without udev's word, the node with index 0 is the one.
"""

import time
from collections.abc import Callable

import pyudev

from agent.config import Config
from agent.probe import Context, Probe
from agent.probes import looking, plugged
from agent.probes.camera_eye import Eye, Means, Settings
from agent.probes.finding import add
from agent.probes.holders import Holders
from agent.probes.plugged import Plugged
from agent.settings import settings
from contract.health import DeviceState

KIND = "camera"
Find = Callable[[], tuple[Plugged, ...]]


def probe(config: Config, find: Find | None = None, means: Means | None = None) -> Probe:
    """Reports each declared camera, and any other that is found, which is never opened."""
    declared = config.declared(KIND)
    found_by = find or _by_udev()
    means = means or Means(Holders().who, looking.look, time.monotonic)
    eyes = {item.id: Eye(item, settings(item, Settings), means) for item in declared}

    def run(context: Context) -> tuple[DeviceState, ...]:
        found = found_by()
        pairs = plugged.pair(declared, found)
        states = (
            add(
                plugged.presence(item, *pairs[item.id]),
                *eyes[item.id].see(pairs[item.id][0], context),
            )
            for item in declared
        )
        return (*states, *plugged.strays(KIND, pairs, found))

    longest_s = sum(eye.longest_s for eye in eyes.values())
    limit_s = config.probes.timeout_s + longest_s
    return Probe(KIND, config.probes.period_s(KIND, 60.0), limit_s, run)


def read(udev: pyudev.Context) -> tuple[Plugged, ...]:
    """The cameras there are."""
    return plugged.find(udev, "video4linux", captures)


def captures(device: pyudev.Device) -> bool:
    """Whether a video4linux node is the one that gives pictures."""
    capabilities = device.properties.get("ID_V4L_CAPABILITIES")
    if not device.device_node:
        return False
    if capabilities is not None:
        return ":capture:" in capabilities
    return plugged.attribute(device, "index") in ("", "0")


def _by_udev() -> Find:
    udev = pyudev.Context()
    return lambda: read(udev)
