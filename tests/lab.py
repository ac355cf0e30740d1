"""Starts one of the peers that stand in for a kiosk's hardware, to try the agent on by hand.

./scripts/lab                what there is
./scripts/lab modem          start it; it says how to look at it, and ends with Ctrl-C
"""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.peer.agent.line.modemmanager import ModemManager


@dataclass(frozen=True, slots=True)
class Peer:
    """One that can be started: `start(folder)` holds it and tells how to look at it."""

    name: str
    what: str
    start: Callable[[Path], AbstractContextManager[str]]


@contextmanager
def modem(folder: Path) -> Iterator[str]:
    """A registered 4G modem."""
    manager = ModemManager(folder, {"state": 8, "signal": 67})
    try:
        yield f"DBUS_SYSTEM_BUS_ADDRESS={manager.address} mmcli -m any"
    finally:
        manager.close()


PEERS = (Peer("modem", "ModemManager with one registered 4G modem", modem),)


def main(arguments: list[str]) -> int:
    """Start one, or say which there are; answers the exit status."""
    if not arguments:
        width = max(len(peer.name) for peer in PEERS)
        print("\n".join(f"  {peer.name:<{width}}  {peer.what}" for peer in PEERS))
        return 0
    chosen = next((peer for peer in PEERS if peer.name == arguments[0]), None)
    if chosen is None:
        known = ", ".join(peer.name for peer in PEERS)
        print(f"peer is {arguments[0]!r}, must be one of: {known}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="vigie-lab-") as folder,
        chosen.start(Path(folder)) as how,
    ):
        print(f"{chosen.what} is running. Look at it, then press Ctrl-C:\n    {how}", flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
