"""Two machines and a cable between them, made of Linux network namespaces."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from contract.health import DeviceState
from tests.peer.agent.child import Child

HERE = Path(__file__).parent
IP = "/usr/sbin/ip"
KIOSK_ADDRESS, BOX_ADDRESS, CONTROLLER_ADDRESS = "192.0.2.2", "192.0.2.1", "203.0.113.7"
KIOSK_ADDRESS6, CONTROLLER_ADDRESS6 = "2001:db8::2", "2001:db8::1"


class Namespace:
    """One machine, with a loopback and nothing else to begin with."""

    def __init__(self, name: str) -> None:
        self.name = f"vigie-{name}-{os.getpid()}"
        run(IP, "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *what: str) -> None:
        """Configure this machine's network."""
        run(IP, "-n", self.name, *what)

    def run(self, *command: str) -> None:
        """Run a command on this machine."""
        run(IP, "netns", "exec", self.name, *command)

    def close(self) -> None:
        """Its interfaces go with it."""
        run(IP, "netns", "del", self.name)


class Lineside(Child):
    """The network probe, run on one of the machines."""

    def __init__(self, machine: Namespace, controller: str) -> None:
        command = [sys.executable, str(HERE / "lineside.py"), controller]
        super().__init__([IP, "netns", "exec", machine.name, *command])

    def measure(self) -> DeviceState:
        """One run of the probe."""
        return msgspec.json.decode(self.ask("measure"), type=DeviceState)

    def listen(self) -> None:
        """Return once the kernel has told it that the line changed."""
        assert self.ask("listen") == "line"


class Line:
    """A kiosk and a controller behind a box that is its router: `kiosk` -- `box`."""

    def __init__(self) -> None:
        self.kiosk, self.box = Namespace("kiosk"), Namespace("box")
        self.kiosk.ip(
            *("link", "add", "eth0", "type", "veth"),
            *("peer", "name", "lan0", "netns", self.box.name),
        )
        self.kiosk.ip("addr", "add", f"{KIOSK_ADDRESS}/24", "dev", "eth0")
        self.kiosk.ip("addr", "add", f"{KIOSK_ADDRESS6}/64", "dev", "eth0", "nodad")
        self.box.ip("addr", "add", f"{BOX_ADDRESS}/24", "dev", "lan0")
        self.box.ip("addr", "add", f"{CONTROLLER_ADDRESS}/32", "dev", "lo")
        self.box.ip("addr", "add", f"{CONTROLLER_ADDRESS6}/64", "dev", "lan0", "nodad")
        self.kiosk.ip("link", "set", "eth0", "up")
        self.plug()
        self.kiosk.ip("route", "add", "default", "via", BOX_ADDRESS)

    def pull(self) -> None:
        """Pull the cable, at the box."""
        self.box.ip("link", "set", "lan0", "down")

    def plug(self) -> None:
        """Put the cable in, at the box."""
        self.box.ip("link", "set", "lan0", "up")

    def filter(self, rule: str) -> None:
        """Let the box filter what comes in by an nftables rule, instead of any rule before."""
        self.box.run("/usr/sbin/nft", "flush", "ruleset")
        self.box.run("/usr/sbin/nft", "add", "table", "inet", "lab")
        chain = "{ type filter hook input priority 0; }"
        self.box.run("/usr/sbin/nft", "add", "chain", "inet", "lab", "input", chain)
        self.box.run("/usr/sbin/nft", "add", "rule", "inet", "lab", "input", *rule.split())

    def slow(self, rate: str) -> None:
        """Let the box send no faster than `rate`: at some bits a second each packet waits."""
        self.box.run(
            *("/usr/sbin/tc", "qdisc", "add", "dev", "lan0", "root"),
            *("tbf", "rate", rate, "burst", "64", "latency", "5s"),
        )

    def close(self) -> None:
        self.kiosk.close()
        self.box.close()


def run(*command: str) -> None:
    """Run a command; what it says is shown when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
