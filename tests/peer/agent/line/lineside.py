"""The network probe as a process of its own, so that it can live in another network.

Argument: the controller's address. Each line of input is an order: `measure` answers the device as
JSON, `listen` answers `line` once the kernel has said that the line changed.
"""

import selectors
import sys
from pathlib import Path

import msgspec

from agent.config import Broker, Config, ProbeTimes
from agent.hotplug import Hotplug
from agent.probe import Context
from agent.probes import network

PORT = 8883


def main(controller: str) -> None:
    broker = Broker(controller, Path("ca"), Path("crt"), Path("key"), port=PORT)
    # The line is measured at each run, where a kiosk waits an hour, or a quarter in doubt.
    config = Config("pvp-1", broker, probes=ProbeTimes(link_s=0.0))
    probe = network.probe(config)
    hotplug = Hotplug()
    with selectors.DefaultSelector() as watched:
        watched.register(hotplug, selectors.EVENT_READ)
        for order in sys.stdin:
            if order.strip() == "measure":
                (state,) = probe.run(Context(config, "boot", None))
                answer = msgspec.json.encode(state).decode()
            else:
                while "network" not in hotplug.read():
                    watched.select()
                answer = "line"
            print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
