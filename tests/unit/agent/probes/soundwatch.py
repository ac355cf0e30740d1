"""The real sound probes on a bed: for each line {"in_session": ...}, all devices in one line.

Argument: the declared peripherals as JSON.
"""

import json
import sys

import msgspec

from agent.config import Config, Peripheral
from agent.probe import Context
from agent.probes import handset, microphone, speakers


def main(declared: str) -> None:
    nothing = Config.unenrolled()
    items = msgspec.convert(json.loads(declared), tuple[Peripheral, ...])
    config = Config(nothing.kiosk, nothing.broker, peripherals=items)
    probes = [each.probe(config) for each in (microphone, speakers, handset)]
    for line in sys.stdin:
        context = Context(config, "boot", None, in_session=json.loads(line)["in_session"])
        states = [state for probe in probes for state in probe.run(context)]
        print(msgspec.json.encode(states).decode(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
