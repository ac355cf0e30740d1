"""One probe of the agent, run as a process on a bed each time it is told to.

Arguments: its kind, the declared peripherals as JSON, and the folder to keep things in. Each line
on its input is one run ("look", "deep" or "session"), answered by what it found as JSON.
"""

import sys
from importlib import import_module
from pathlib import Path

import msgspec

from agent.config import Broker, Config, Peripheral
from agent.kinds import named
from agent.probe import Context


def main(kind: str, declared: str, folder: str) -> None:
    nowhere = Path()
    items = msgspec.json.decode(declared, type=tuple[Peripheral, ...])
    config = Config(
        "pvp-1", Broker("", nowhere, nowhere, nowhere), state_dir=Path(folder), peripherals=items
    )
    known = named(kind)
    assert known is not None
    probe = import_module(known.module).probe(config)
    for line in sys.stdin:
        how = line.strip()
        told = Context(config, "boot", None, in_session=how == "session", is_deep=how == "deep")
        print(msgspec.json.encode(probe.run(told)).decode(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
