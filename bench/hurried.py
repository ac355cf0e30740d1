"""The agent as it is, with an hour of a few seconds: to weigh what it says once an hour.

Arguments: agent.toml, and how many seconds its hour has.
"""

import logging
import sys
from pathlib import Path

from agent.configfile import load
from agent.kiosk import Kiosk
from agent.pace import Pace
from agent.probes import probes
from agent.systemd import Systemd


def main(config_path: Path, hour_s: float) -> None:
    """Watch until told to stop."""
    logging.basicConfig(level=logging.INFO)
    config = load(config_path)
    kiosk = Kiosk(config, probes(config), Systemd(), Pace(full_report_s=hour_s))
    try:
        kiosk.run()
    finally:
        kiosk.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
