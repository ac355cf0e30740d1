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

    Takes a minute or two the first time. Raises MachineError.
    """
    require_root()
    kept = _kept(cache, ())
    if not kept.exists():
        say(f"making a small Debian system ({suite()}); this takes a minute, once")
        _keep(kept, _bootstrap)
    if packages and not _kept(cache, packages).exists():
        say(f"installing {', '.join(sorted(packages))} in it")
        base, kept = kept, _kept(cache, packages)
        _keep(kept, lambda work: _install(base, work, packages))
    _unpack(_kept(cache, packages), root)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")


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


def _bootstrap(work: Path) -> None:
    wanted = ",".join(PACKAGES)
    _run(
        ["/usr/sbin/debootstrap", "--variant=minbase", f"--include={wanted}", suite(), str(work),
         mirror()]
    )  # fmt: skip


def _install(base: Path, work: Path, packages: Sequence[str]) -> None:
    """By apt, in namespaces of its own, where no service is started."""
    _unpack(base, work)
    etc = work / "etc"
    for name in ("resolv.conf", "ssl/certs/ca-certificates.crt"):
        if Path("/etc", name).exists():
            shutil.copyfile(Path("/etc", name), etc / name)
    shutil.copytree("/etc/apt", etc / "apt", dirs_exist_ok=True, ignore=_foreign)
    script = (
        'set -e; mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev";'
        " printf '#!/bin/sh\\nexit 101\\n' > \"$0/usr/sbin/policy-rc.d\";"
        ' chmod 755 "$0/usr/sbin/policy-rc.d";'
        ' chroot "$0" apt-get update -q; chroot "$0" apt-get install -y -q'
        ' --no-install-recommends "$@"; chroot "$0" apt-get clean;'
        ' rm "$0/usr/sbin/policy-rc.d"'
    )
    unshare = ["/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child"]
    _run([*unshare, "/bin/sh", "-c", script, str(work), *sorted(packages)])
    shutil.rmtree(work / "var/lib/apt/lists", ignore_errors=True)
    (work / "var/lib/apt/lists/partial").mkdir(parents=True)


def _foreign(folder: str, names: list[str]) -> list[str]:
    """Of the host's apt, what is not Debian's own is not this system's business."""
    if not folder.endswith("sources.list.d"):
        return []
    is_ours = {name: _URI.search(Path(folder, name).read_text(errors="replace")) for name in names}
    return [name for name in names if not is_ours[name]]


def _keep(kept: Path, lay: Callable[[Path], None]) -> None:
    """What `lay` lays, as an archive; whole or not at all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    work, beside = kept.with_suffix(f".{os.getpid()}"), kept.with_suffix(".part")
    try:
        lay(work)
        shutil.rmtree(work / "var/cache/apt/archives", ignore_errors=True)
        _run(["/usr/bin/tar", "-C", str(work), "--numeric-owner", "-cpf", str(beside), "."])
        beside.replace(kept)
    finally:
        remove(work)


def _unpack(kept: Path, root: Path) -> None:
    root.mkdir(parents=True, mode=0o755)
    _run(["/usr/bin/tar", "-C", str(root), "--numeric-owner", "-xpf", str(kept)])


def _kept(cache: Path, packages: Sequence[str]) -> Path:
    """The archive's name is the same in every process, as Python's own hashes are not."""
    key = zlib.crc32(" ".join(sorted({*PACKAGES, *packages})).encode())
    return cache / f"debian-{suite()}-{key:08x}.tar"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603 - an absolute path, our own arguments
        command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise MachineError(f"{command[0]}: {'; '.join(said[-3:])}")
