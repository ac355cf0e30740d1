"""The one real kiosk: a small Debian system of its own with the real agent and a real minion."""

import shutil
from pathlib import Path

from simulator.demo.layout import HOST
from simulator.demo.prepare import REAL, Setting, program
from simulator.errors import DemoError
from simulator.machine import root as files
from simulator.machine.machine import Machine

_CHECKOUT = Path(__file__).parents[2]
_UNITS = _CHECKOUT / "deploy" / "systemd"
#: What its configuration wants to be there: it reaches no archive of packages.
PACKAGES = ("nftables", "systemd-timesyncd", "tzdata", "unattended-upgrades")
_AGENT = """\
#!/bin/sh
# The agent of the checkout, as it is installed there.
exec {program} "$@"
"""
_AGENT_TOML = """\

[power]
method = "simulated"   # a reboot restarts the agent with a new boot id, not this machine
"""
#: In the words of systemd, what the usual units would have that these namespaces cannot give.
_DROP_IN = """\
[Service]
ExecStart=
ExecStart=/usr/bin/vigie-agent run --config /etc/vigie/agent.toml
ProtectSystem=no
PrivateTmp=no
ProtectKernelTunables=no
ProtectKernelModules=no
ProtectControlGroups=no
ProtectHostname=no
RestrictNamespaces=no
MemoryMax=infinity
"""


class SmallKiosk:
    """It lives from one demonstration to the next in the folder's `kiosk`."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        layout, ports = setting.layout, setting.ports
        self._root = layout.folder / "kiosk" / "root"
        self._cache = _CHECKOUT / ".cache"
        self._machine = Machine(
            self._root,
            REAL,
            binds={_CHECKOUT: str(_CHECKOUT), _CHECKOUT / ".salt": "/opt/vigie/salt"},
            ports=(ports.door, ports.broker, ports.publish, ports.returns),
            log=layout.log("kiosk"),
        )

    @property
    def root(self) -> Path:
        """Its files."""
        return self._root

    def lay(self) -> None:
        """Make its files, where there are none. Raises MachineError."""
        files.require_root()
        marker = self._root.with_name("laid")
        if marker.exists():
            return
        files.remove(self._root)
        self._root.parent.mkdir(parents=True, exist_ok=True)
        files.make(self._root, self._cache, PACKAGES, self._setting.say)
        launcher = self._root / "usr/bin/vigie-agent"
        launcher.write_text(_AGENT.format(program=program("vigie-agent")))
        launcher.chmod(0o755)
        units = self._root / "etc/systemd/system"
        for name in ("vigie-agent.service", "vigie-minion.service"):
            shutil.copyfile(_UNITS / name, units / name)
        (units / "vigie-agent.service.d").mkdir()
        (units / "vigie-agent.service.d" / "10-demo.conf").write_text(_DROP_IN)
        (self._root / "etc/vigie").mkdir(mode=0o755)
        marker.touch()

    def start(self) -> None:
        """Boot it. Raises MachineError."""
        self._machine.start()

    @property
    def is_enrolled(self) -> bool:
        """Whether it has its certificate."""
        return (self._root / "etc/vigie/kiosk.pem").exists()

    def enrol(self, token: str) -> None:
        """By its own agent, at the kiosks' door: certificate, and the minion's keys."""
        words = ("enrol", "--controller", self._setting.door, "--token", token)
        self._machine.must(["/usr/bin/vigie-agent", *words])
        toml = self._root / "etc/vigie/agent.toml"
        toml.write_text(toml.read_text() + _AGENT_TOML)

    def start_services(self) -> None:
        """Agent and minion, for good."""
        units = ("vigie-agent.service", "vigie-minion.service")
        self._machine.must(["/usr/bin/systemctl", "enable", "--now", *units])

    def require_alive(self) -> None:
        """Raises DemoError when it has ended."""
        if not self._machine.is_running:
            raise DemoError(f"the real kiosk {REAL} ({HOST}) has ended: see the log kiosk")

    def text(self, path: str) -> str:
        """A file of it; empty where there is none."""
        there = self._root / path.lstrip("/")
        return there.read_text() if there.exists() else ""

    def stop(self) -> None:
        """At once, as a power cut."""
        self._machine.stop()
