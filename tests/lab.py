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

from tests.peer.agent.cards.pcscd import Pcscd
from tests.peer.agent.line.modemmanager import ModemManager
from tests.peer.agent.power.nut import Nut
from tests.peer.agent.printer.office import Office
from tests.peer.agent.printer.receipts import ReceiptPrinter
from tests.peer.agent.scanner.escl import Scanner
from tests.peer.agent.scanner.sane import Saned


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


@contextmanager
def shared_scanner(folder: Path) -> Iterator[str]:
    """SANE's test scanner, shared on the loopback."""
    saned = Saned(folder)
    try:
        yield f"scanimage -d {saned.device} -A"
    finally:
        saned.stop()


@contextmanager
def network_scanner(_folder: Path) -> Iterator[str]:
    """A driverless scanner."""
    scanner = Scanner()
    try:
        yield f"curl {scanner.url}/ScannerStatus"
    finally:
        scanner.stop()


@contextmanager
def card_reader(folder: Path) -> Iterator[str]:
    """A card reader made of software."""
    pcscd = Pcscd(folder)
    try:
        yield f"PCSCLITE_CSOCK_NAME={pcscd.socket} opensc-tool -l"
    finally:
        pcscd.stop()


@contextmanager
def ups(_folder: Path) -> Iterator[str]:
    """A UPS on mains."""
    nut = Nut()
    try:
        yield f"upsrw -s ups.status='OB LB' -u lab -p lab lab@127.0.0.1:{nut.port}"
    finally:
        nut.close()


@contextmanager
def printer(_folder: Path) -> Iterator[str]:
    """A print service, and a printer."""
    office = Office()
    try:
        yield f"lpstat -h {office.cups} -p; ipptool -tv {office.uri} get-printer-attributes.test"
    finally:
        office.close()


@contextmanager
def receipt_printer(_folder: Path) -> Iterator[str]:
    """A receipt printer."""
    line = ReceiptPrinter()
    try:
        yield f"printf '\\020\\004\\001' > {line.path}; head -c 1 {line.path} | xxd"
    finally:
        line.close()


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
