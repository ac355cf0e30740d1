"""What is measured on a kiosk: one file a subject, each offering `probe(config)`.

A probe reads, parses, judges: reading is one line, parsing and judging are pure.
"""

from agent.config import Config
from agent.probe import Probe
from agent.probes import camera, network, storage, system

#: In the order of their first run.
PROBES = (system.probe, storage.probe, camera.probe, network.probe)


def probes(config: Config) -> tuple[Probe, ...]:
    """Every probe, ready for the scheduler."""
    return tuple(probe(config) for probe in PROBES)
