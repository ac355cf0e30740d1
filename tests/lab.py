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
from typing import TypeVar

from tests.peer.agent.cards.pcscd import Pcscd
from tests.peer.agent.line.modemmanager import ModemManager
from tests.peer.agent.power.nut import Nut
from tests.peer.agent.printer.office import Office
from tests.peer.agent.printer.receipts import ReceiptPrinter
from tests.peer.agent.scanner.escl import Scanner
from tests.peer.agent.scanner.sane import Saned

One = TypeVar("One")
Held = AbstractContextManager[str]


@dataclass(frozen=True, slots=True)
class Peer:
    """One that can be started: `start(folder)` holds it and tells how to look at it."""

    name: str
    what: str
    start: Callable[[Path], Held]


@contextmanager
def held(one: One, how: Callable[[One], str], end: Callable[[One], None]) -> Iterator[str]:
    """One that runs; `how` tells how to look at it, `end` ends it."""
    try:
        yield how(one)
    finally:
        end(one)


def card_reader(folder: Path) -> Held:
    return held(
        Pcscd(folder), lambda one: f"PCSCLITE_CSOCK_NAME={one.socket} opensc-tool -l", Pcscd.stop
    )


def modem(folder: Path) -> Held:
    return held(
        ModemManager(folder, {"state": 8, "signal": 67}),
        lambda one: f"DBUS_SYSTEM_BUS_ADDRESS={one.address} mmcli -m any",
        ModemManager.close,
    )


def network_scanner(_folder: Path) -> Held:
    return held(Scanner(), lambda one: f"curl {one.url}/ScannerStatus", Scanner.stop)


def printer(_folder: Path) -> Held:
    asking = "lpstat -h {0.cups} -p; ipptool -tv {0.uri} get-printer-attributes.test"
    return held(Office(), asking.format, Office.close)


def receipt_printer(_folder: Path) -> Held:
    asking = r"printf '\020\004\001' > {0.path}; head -c 1 {0.path} | xxd"
    return held(ReceiptPrinter(), asking.format, ReceiptPrinter.close)


def shared_scanner(folder: Path) -> Held:
    return held(Saned(folder), lambda one: f"scanimage -d {one.device} -A", Saned.stop)


def ups(_folder: Path) -> Held:
    asking = "upsrw -s ups.status='OB LB' -u lab -p lab lab@127.0.0.1:{0.port}"
    return held(Nut(), asking.format, Nut.close)


PEERS = (
    Peer("card-reader", "pcscd with a virtual card reader", card_reader),
    Peer("modem", "ModemManager with one registered 4G modem", modem),
    Peer("network-scanner", "a driverless (eSCL) scanner", network_scanner),
    Peer("printer", "CUPS with one queue, and its IPP Everywhere printer", printer),
    Peer("receipt-printer", "a receipt printer on a serial line", receipt_printer),
    Peer("shared-scanner", "saned with SANE's test scanner", shared_scanner),
    Peer("ups", "Network UPS Tools with a UPS, which this puts on battery", ups),
)


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
