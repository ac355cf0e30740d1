"""`vigie-agent firmware VERB --json` on a kiosk of a test, in a process that can be killed."""

import json
import sys
from pathlib import Path

import msgspec

from agent.config import Broker, Config, Peripheral
from agent.firmware import cli
from agent.firmware.census import World
from agent.firmware.process import Rules
from agent.firmware.runner import Ground


def main() -> int:
    verb, told = sys.argv[1], json.loads(sys.argv[2])
    nowhere = Path("/nowhere")
    config = Config(
        "pvp-lab",
        Broker("", nowhere, nowhere, nowhere),
        peripherals=msgspec.convert(told["peripherals"], tuple[Peripheral, ...]),
    )
    ground = Ground(
        folder=Path(told["folder"]),
        releases=Path(told["releases"]),
        keys=Path(told["keys"]),
        rules=Rules("nobody", told["environ"]),
        world=World(Path(told["sys"])),
    )
    return cli.main(verb, config, is_json=True, ground=ground)


if __name__ == "__main__":
    sys.exit(main())
