"""A kiosk: an emulated machine on which the agent is installed as in the field."""

import json
from typing import Any

from tests.agents import KIOSK
from tests.peer.authority import Credentials
from tests.peer.region import Papers
from tests.vm.guest import PATIENCE_S
from tests.vm.machine import PORT, Machine

_CONFIG = """
kiosk = "{kiosk}"
[broker]
host = "controller.test"
port = {port}
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"
keepalive_s = 15
will_delay_s = 0
[probes]
timeout_s = 60
{probes}
{more}
"""
#: An emulated processor is many times slower than a kiosk's: a fifth of it is not enough to start
#: within systemd's limit. All else of the unit is as it is shipped.
_SLOW = "[Service]\nCPUQuota=\n"


class Kiosk:
    """The machine, and the agent on it under its real unit."""

    def __init__(self, machine: Machine, package: bytes, papers: Credentials | Papers) -> None:
        self.machine, self.guest = machine, machine.guest
        guest = self.guest
        guest.write("/root/agent.tar.gz", package)
        guest.run("tar -C / -xf /root/agent.tar.gz; rm /root/agent.tar.gz")
        guest.run("mkdir -p /etc/vigie /etc/systemd/system/vigie-agent.service.d")
        guest.write("/etc/systemd/system/vigie-agent.service.d/slow.conf", _SLOW.encode())
        for name, path in (
            ("ca.pem", papers.ca),
            ("kiosk.pem", papers.certificate),
            ("kiosk.key", papers.key),
        ):
            guest.write(f"/etc/vigie/{name}", path.read_bytes())
        guest.run("chmod 600 /etc/vigie/kiosk.key; systemctl daemon-reload")
        self.declare("")

    def declare(self, more: str, probes: str = "") -> None:
        """Further sections of agent.toml, and keys of [probes]. Read when the agent starts."""
        text = _CONFIG.format(kiosk=KIOSK, port=PORT, probes=probes, more=more)
        self.guest.write("/etc/vigie/agent.toml", text.encode())

    def start(self) -> None:
        """Start the agent, now and at each boot. It runs when this returns."""
        self.guest.run("systemctl enable --quiet --now vigie-agent; sync", PATIENCE_S)

    def unit(self, name: str) -> str:
        """A property of the agent's unit, as systemd shows it."""
        return self.guest.run(f"systemctl show --value -p {name} vigie-agent").strip()

    def outbox(self) -> dict[str, Any]:
        """`vigie-agent outbox --json`."""
        found: dict[str, Any] = json.loads(self.guest.run("vigie-agent outbox --json"))
        return found

    def journal(self) -> str:
        """What the agent and systemd said of it."""
        return self.guest.try_run("journalctl -b --no-pager -u vigie-agent | tail -n 60").out
