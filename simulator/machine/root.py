"""The files of a small Debian system: made by debootstrap once, then copied."""

import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.errors import MachineError

#: What a system needs to boot in namespaces and be a kiosk without a screen.
PACKAGES = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "kmod",
    "openssl",
    "procps",
    "python3",
    "systemd",
    "systemd-sysv",
    "udev",
)
_MIRROR = "http://deb.debian.org/debian"
_LIMIT_S = 1200.0
_SOURCES = (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*")))
_URI = re.compile(r"^(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(https?://\S*debian/?)(?:\s|$)", re.MULTILINE)


def make(root: Path, cache: Path, packages: Sequence[str], say: Callable[[str], None]) -> None:
    """Lay a system in `root`, which must not exist. `cache` keeps one of each list of packages.

    Takes a minute the first time. Raises MachineError.
    """
    require_root()
    kept = cache / f"debian-{suite()}-{_key(packages)}.tar"
    if not kept.exists():
        _bootstrap(kept, packages, say)
    root.mkdir(parents=True, mode=0o755)
    _run(["/usr/bin/tar", "-C", str(root), "--numeric-owner", "-xpf", str(kept)])


def remove(root: Path) -> None:
    """Delete a system that is not running; nothing that is mounted is entered."""
    if root.exists():
        _run(["/usr/bin/rm", "-rf", "--one-file-system", str(root)])


def require_root() -> None:
    """Raises MachineError for whoever may not make namespaces, or lacks the programs."""
    if os.geteuid() != 0:
        raise MachineError("a system of its own needs root: use sudo, or do without (--no-salt)")
    for program in ("debootstrap", "unshare", "nsenter"):
        if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            raise MachineError(f"{program} is not installed: run ./scripts/setup salt")


def suite() -> str:
    """The release of Debian on this machine: what runs here runs there."""
    words = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    return words.get("VERSION_CODENAME", "bookworm").strip('"')


def mirror(sources: Sequence[Path] = _SOURCES) -> str:
    """Where this machine has its packages from.

    >>> mirror([])
    'http://deb.debian.org/debian'
    """
    for path in sources:
        if path.is_file() and (found := _URI.search(path.read_text(errors="replace"))):
            return found[1]
    return _MIRROR


def _bootstrap(kept: Path, packages: Sequence[str], say: Callable[[str], None]) -> None:
    say(f"making a small Debian system ({suite()}); this takes a minute, once")
    kept.parent.mkdir(parents=True, exist_ok=True)
    work = kept.with_suffix(f".{os.getpid()}")
    wanted = ",".join(sorted({*PACKAGES, *packages}))
    try:
        _run(
            ["/usr/sbin/debootstrap", "--variant=minbase", f"--include={wanted}", suite(),
             str(work), mirror()]
        )  # fmt: skip
        shutil.rmtree(work / "var/cache/apt/archives", ignore_errors=True)
        beside = kept.with_suffix(".part")
        _run(["/usr/bin/tar", "-C", str(work), "--numeric-owner", "-cpf", str(beside), "."])
        beside.replace(kept)
    finally:
        remove(work)


def _key(packages: Sequence[str]) -> str:
    """The same in every process, as Python's own hashes are not."""
    return f"{zlib.crc32(' '.join(sorted({*PACKAGES, *packages})).encode()):08x}"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603 - an absolute path, our own arguments
        command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise MachineError(f"{command[0]}: {'; '.join(said[-3:])}")
