"""Cameras: which ones are there, and whether they are the ones this kiosk is meant to have.

A UVC camera is two video4linux nodes under one USB device, of which one captures. udev says so
(`ID_V4L_CAPABILITIES=:capture:`); without udev's word, the node with index 0 is the one.
"""

import pyudev

from agent.config import Config
from agent.probe import Context, Probe
from agent.probes import plugged
from agent.probes.plugged import Plugged
from contract.health import DeviceState

KIND = "camera"


def probe(config: Config) -> Probe:
    """Reports each declared camera, and any other that is found."""
    declared = config.declared(KIND)
    udev = pyudev.Context()

    def run(_context: Context) -> tuple[DeviceState, ...]:
        return plugged.judge(KIND, declared, read(udev))

    return Probe(KIND, config.probes.period_s(KIND, 60.0), config.probes.timeout_s, run)


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
