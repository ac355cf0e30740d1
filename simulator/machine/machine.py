"""A small Debian system at work: started, asked, ended. The host sees processes, and no more."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from simulator.errors import MachineError
from simulator.machine import root as files

_BOOT = Path(__file__).with_name("boot.sh")
_RELAY = "simulator.machine.relay"
_BOOTS_IN_S = 60.0
_ENDS_IN_S = 10.0
_NAMESPACES = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup")
#: Rights over what no namespace holds apart: the clock, modules, devices, the kernel's own records.
#: (Setting a time zone, with the first of them, once moved the host's clock by an hour.)
_WITHOUT = ",".join(
    f"-{name}"
    for name in (
        "sys_time", "sys_module", "sys_rawio", "syslog", "wake_alarm", "mknod", "mac_admin",
        "mac_override", "audit_control", "audit_write", "audit_read", "bpf", "perfmon",
        "sys_pacct", "checkpoint_restore",
    )
)  # fmt: skip
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Machine:
    """One system over the files in `root`. `binds`: host's path -> where it is seen, read-only.

    `ports` of the host's loopback are found on the system's own; it reaches nothing else.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        *,
        binds: Mapping[Path, str] | None = None,
        ports: Sequence[int] = (),
        log: Path | None = None,
    ) -> None:
        self._root, self._name = root, name
        self._binds, self._ports = binds or {}, ports
        self._log = log or root.with_name(f"{root.name}.log")
        self._sockets = root.with_name(f"{root.name}.ports")
        self._children: list[subprocess.Popen[bytes]] = []
        self._group = _groups() / f"vigie-{os.getpid()}-{name}"
        self._init = 0

    @property
    def root(self) -> Path:
        """Its files, as the host sees them. What is mounted inside is not seen there."""
        return self._root

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return bool(self._children) and self._children[0].poll() is None

    def start(self) -> None:
        """Boot it; back when its services are up. Raises MachineError, and nothing is left then."""
        files.require_root()
        try:
            self._boot()
            if self._ports:
                self._relay()
        except BaseException:
            self.stop()
            raise

    def run(
        self, command: Sequence[str], *, timeout_s: float = 600.0, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as root. Raises MachineError when it takes too long."""
        try:
            return subprocess.run(  # noqa: S603 - an absolute path
                [*self._enter(), *command],
                input=given,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
                env={"PATH": _PATH, "LANG": "C.UTF-8", "HOME": "/root"},
            )
        except subprocess.TimeoutExpired as err:
            raise MachineError(f"{self._name}: {command[0]} took over {timeout_s:g} s") from err

    def must(self, command: Sequence[str], **how: float) -> str:
        """What a command prints that must work. Raises MachineError with its complaint."""
        done = self.run(command, timeout_s=how.get("timeout_s", 600.0))
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise MachineError(f"{self._name}: {' '.join(command)[:100]}: {'; '.join(said[-3:])}")
        return done.stdout

    def stop(self) -> None:
        """End all of it at once, as a power cut would."""
        with suppress(OSError):
            (self._group / "cgroup.kill").write_text("1")
        for child in self._children:
            with suppress(ProcessLookupError):
                child.kill()
            child.wait()
        self._children.clear()
        self._init = 0
        until = time.monotonic() + _ENDS_IN_S
        while self._group.exists() and time.monotonic() < until:
            self._remove_groups()
            time.sleep(0.05)

    def _boot(self) -> None:
        self._group.mkdir()
        binds = [f"{source}={target}" for source, target in self._binds.items()]
        # Joining the group comes first: the namespace of groups is rooted where one stands.
        script = 'echo $$ > "$0/cgroup.procs"; exec "$@"'
        command = ["/usr/bin/unshare", *_NAMESPACES, "--fork", "--kill-child"]
        command += ["--propagation", "private", "/bin/sh", str(_BOOT), str(self._root), self._name]
        with self._log.open("ab") as log:
            self._children.append(
                subprocess.Popen(  # noqa: S603 - absolute paths
                    ["/bin/sh", "-c", script, str(self._group), *command, *binds],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={"PATH": _PATH, "VIGIE_WITHOUT": _WITHOUT},
                )
            )
        until = time.monotonic() + _BOOTS_IN_S
        while not self._is_up():
            if self._children[0].poll() is not None or time.monotonic() > until:
                tail = self._log.read_text(errors="replace").strip().splitlines()[-3:]
                raise MachineError(f"system {self._name} does not boot: {'; '.join(tail)}")
            time.sleep(0.1)

    def _is_up(self) -> bool:
        shell = self._children[0].pid
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        if not children:
            return False
        self._init = int(children[0])
        if Path(f"/proc/{self._init}/comm").read_text().strip() != "systemd":
            return False
        done = self.run(["/usr/bin/systemctl", "is-system-running"], timeout_s=30)
        return done.stdout.strip() in ("running", "degraded")

    def _relay(self) -> None:
        ports = [str(port) for port in self._ports]
        serve = [sys.executable, "-m", _RELAY]
        outside = [*serve, "outside", str(self._sockets), *ports]
        # Its files are the host's, its network the system's.
        join = ["/usr/bin/nsenter", "--target", str(self._init), "--net"]
        inside = [*join, *serve, "inside", str(self._sockets), *ports]
        for command in (outside, inside):
            self._children.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))  # noqa: S603
        until = time.monotonic() + _ENDS_IN_S
        while not set(self._ports) <= listening(Path(f"/proc/{self._init}/net/tcp").read_text()):
            if time.monotonic() > until:
                raise MachineError(f"ports {', '.join(ports)} do not open in {self._name}")
            time.sleep(0.05)

    def _enter(self) -> list[str]:
        if not self._init:
            raise MachineError(f"system {self._name} is not running")
        namespaces = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup")
        enter = ["/usr/bin/nsenter", "--target", str(self._init), *namespaces]
        bounded = ["/usr/bin/setpriv", "--bounding-set", _WITHOUT]
        return [*enter, *bounded, "/usr/sbin/chroot", str(self._root)]

    def _remove_groups(self) -> None:
        """Groups of the system's own units lie below; the deepest first."""
        for folder in sorted(self._group.rglob("*/"), key=lambda path: -len(path.parts)):
            if folder.is_dir():
                with suppress(OSError):
                    folder.rmdir()
        with suppress(OSError):
            self._group.rmdir()


def listening(table: str) -> set[int]:
    """The ports that are listened on, by a kernel's /proc/net/tcp.

    >>> sorted(listening("head\\n 0: 0100007F:20FB 00000000:0000 0A 0\\n 1: 0:0016 0:0 01"))
    [8443]
    """
    rows = [line.split() for line in table.splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}


def _groups() -> Path:
    """The hierarchy of groups (version 2) on this machine. Raises MachineError."""
    for folder in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
        if (folder / "cgroup.procs").exists() and (folder / "cgroup.controllers").exists():
            return folder
    raise MachineError("no cgroup2 is mounted: mount -t cgroup2 none /sys/fs/cgroup/unified")
