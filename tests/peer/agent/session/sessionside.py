"""A whole agent that watches for visits: its camera is a file, its sound cards are files too.

Arguments: agent.toml, the camera's path and the folder that stands for /proc/asound. A restart of
its make-believe machine runs it anew.
"""

import os
import sys
from pathlib import Path

from msgspec.structs import replace

from agent.config import Config, Peripheral
from agent.configfile import load
from agent.kiosk import Kiosk
from agent.probes import session
from agent.probes.session import World
from agent.systemd import Systemd

#: So that a visit does not take the test's time; the pauses are judged in the unit tests.
SETTINGS = {"min_s": 0.0, "gap_s": 0.0}


def furnished(config: Config) -> Config:
    declared = (
        Peripheral("camera", "camera"),
        Peripheral("microphone", "microphone"),
        Peripheral("session", "session", is_required=False, settings=SETTINGS),
    )
    times = replace(config.probes, periods_s={"session": 0.2})
    return replace(config, peripherals=declared, probes=times)


def main(toml: str, camera: str, sound: str) -> None:
    config = furnished(load(Path(toml)))
    world = World(sound=Path(sound), nodes=lambda: frozenset({camera}))
    kiosk = Kiosk(config, [session.probe(config, world)], Systemd())
    try:
        kiosk.run()
    finally:
        kiosk.close()
    if kiosk.is_restarting:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves


if __name__ == "__main__":
    main(*sys.argv[1:])
