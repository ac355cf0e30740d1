"""The agent's own eyes, run as a process: hot-plug, scheduler, the real probes and the board.

Says one JSON line for each run of the camera probe, {"seen": {id: health}}, and for each change of
the board, {"news": [device, ...], "removed": [id, ...]}. Arguments: the source of hot-plug events
and the declared peripherals as JSON. Ends when its input does.
"""

import json
import selectors
import sys
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

from agent.board import Board, Change
from agent.config import Broker, Config, Match, Peripheral
from agent.hotplug import Hotplug
from agent.probe import Context
from agent.probes import camera, storage, system
from agent.scheduler import Result, Scheduler

PROBES = (camera, system, storage)


def config(declared: str) -> Config:
    items = (
        # These cameras are plugged and pulled: there is nothing behind them to be opened.
        Peripheral(item["id"], "camera", match=Match(**item["match"]), settings={"look": False})
        for item in json.loads(declared)
    )
    broker = Broker("127.0.0.1", Path("ca"), Path("crt"), Path("key"))
    return Config("pvp-1", broker, peripherals=tuple(items))


def say(**said: Any) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201


def tell(change: Change) -> None:
    if change:
        say(news=[msgspec.to_builtins(state) for state in change.devices], removed=change.removed)


def main(source: str, declared: str) -> None:
    told = config(declared)
    results: SimpleQueue[Result] = SimpleQueue()
    hotplug = Hotplug(source=source)
    scheduler = Scheduler(
        [probe.probe(told) for probe in PROBES],
        lambda: Context(told, "boot", None),
        results.put,
    )
    # Longer than a kiosk waits: a busy machine must not make a brief loss look like a real one.
    board = Board(told.required, hold_s=2.0)
    with selectors.DefaultSelector() as watched:
        watched.register(hotplug, selectors.EVENT_READ)
        watched.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in watched.select(0.02):
                if key.fileobj is sys.stdin:
                    return
                for name in hotplug.read():
                    scheduler.soon(name)
            scheduler.tick(time.monotonic())
            while not results.empty():
                result = results.get()
                if result.probe == "camera":
                    say(seen={state.id: state.health for state in result.states})
                tell(board.apply(result, time.monotonic()))
            tell(board.settle(time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
