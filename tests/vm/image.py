"""The kiosk's disk: a Debian of the host's own release with its full kernel, built once and kept.

It holds nothing of ours, so it stays good while we work; a change of this recipe makes another.
By hand: `python -m tests.vm.image` builds it, if need be, and prints where it is.
"""

import hashlib
import inspect
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.vm.errors import MachineError

#: What a kiosk's Debian has, the kernel with the drivers of all kinds of hardware (the one for
#: clouds has none), what the probes read, and an ear for the test (qemu-guest-agent).
PACKAGES = (
    "alsa-utils",
    "cups-client",
    "cups-daemon",
    "cups-ipp-utils",
    "dbus",
    "e2fsprogs",
    "iproute2",
    "iw",
    "kmod",
    "linux-image-amd64",
    "openssl",
    "procps",
    "python3",
    "qemu-guest-agent",
    "systemd-sysv",
    "udev",
)
_SIZE_BYTES = 4 << 30  # sparse: less than 1 GB of it is used
_PATIENCE_S = 1800  # a slow line
_DROPPED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info")
#: Would take the emulated processor's time, or wait for what is not there.
_MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "getty.target",
    "systemd-networkd-wait-online.service",
)
_ON_DEMAND = ("cups.service", "cups.socket", "cups.path")
#: The agent's unit has Python compiled in its own way, which takes an emulated processor minutes.
_COMPILE = (
    *("env", "PYTHONOPTIMIZE=2", "PYTHONNODEBUGRANGES=1"),
    *("PYTHONPYCACHEPREFIX=/var/cache/vigie-agent", "python3", "-m", "compileall", "-q"),
    *("-x", "/(test|tests|idlelib|lib2to3|tkinter)/", "/usr/lib/python3.11"),
)
#: What the first disk of the emulated machine needs, and no more: it is unpacked at each boot.
_EARLY_MODULES = "virtio_pci\nvirtio_blk\next4\n"
_FILES = {
    "etc/hostname": "kiosk\n",
    "etc/hosts": "127.0.0.1 localhost kiosk\n10.0.2.100 controller.test\n",
    "etc/fstab": "/dev/vda / ext4 defaults,noatime 0 1\n",
    "etc/initramfs-tools/modules": _EARLY_MODULES,
    "etc/initramfs-tools/conf.d/small": "MODULES=list\nCOMPRESS=gzip\n",
    "etc/systemd/network/kiosk.network": (
        "[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n"
        "LinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    ),
    # An order to the console is lost when a machine dies, unlike what is in its journal.
    "etc/systemd/journald.conf.d/kept.conf": "[Journal]\nStorage=persistent\nSyncIntervalSec=1s\n",
    "etc/modules-load.d/kiosk.conf": "i6300esb\nevdev\n",
}


@dataclass(frozen=True, slots=True)
class Image:
    """A disk that boots with this kernel. All three are read only."""

    disk: Path
    kernel: Path
    initrd: Path


def missing() -> str | None:
    """Why no image can be built or run here, and what to do; None when it can."""
    programs = {
        "qemu-system-x86_64": "qemu-system-x86",
        "qemu-img": "qemu-utils",
        "mmdebstrap": "mmdebstrap",
        "mkfs.ext4": "e2fsprogs",
    }
    wanted = [name for program, name in programs.items() if shutil.which(program) is None]
    if wanted:
        packages = " ".join(wanted)
        return (
            f"the virtual machine needs: apt-get install --no-install-recommends {packages}"
            " (or ./scripts/setup vm)"
        )
    if os.geteuid() != 0:
        return "the virtual machine's disk is built by root: run this as root"
    return None


def cache() -> Path:
    """Where images are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "vigie" / "vm"


def image() -> Image:
    """The kept image, or a new one: some minutes. Raises MachineError with what went wrong."""
    folder = cache() / f"{release()}-{recipe()}"
    if not folder.is_dir():
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=cache()) as building:
            made = Path(building) / "made"
            _build(made)
            made.rename(folder)
    return Image(folder / "disk.raw", folder / "vmlinuz", folder / "initrd")


def recipe() -> str:
    """Changes with what goes into an image, and how."""
    parts = (PACKAGES, _SIZE_BYTES, _DROPPED, _MASKED, _ON_DEMAND, _COMPILE, _FILES)
    text = inspect.getsource(_build) + repr(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def release() -> str:
    """The host's own: packages of its Python then run there too."""
    found = re.search(r"(?m)^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text())
    if found is None:
        raise MachineError("/etc/os-release names no release: the host must be a Debian")
    return found[1]


def sources() -> str:
    """Where the host itself gets its Debian packages from, in the one-line format."""
    form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    lines = _run("apt-get", "indextargets", "--format", form, "Origin: Debian")
    found = parse_sources(lines)
    if not found:
        raise MachineError("apt knows no Debian packages: run apt-get update")
    return found


def parse_sources(lines: str) -> str:
    """One `deb` line for each repository that apt knows the index of."""
    entries = dict.fromkeys(line for line in lines.splitlines() if line.count("|") == 2)
    return "".join(f"deb {' '.join(entry.split('|'))}\n" for entry in entries)


def _apt_options() -> list[str]:
    """What the host's apt needs to reach them: proxies, and an archive whose date has passed."""
    wanted = re.compile(r'Acquire::(http|https|Check-)[\w:.-]* "[^"]+";')
    said = _run("apt-config", "dump", "Acquire")
    return [f"--aptopt={line}" for line in said.splitlines() if wanted.fullmatch(line)]


def _build(folder: Path) -> None:
    root, listed = folder / "root", folder / "sources.list"
    folder.mkdir()
    listed.write_text(sources())
    include = f"--include={','.join(PACKAGES)}"
    options = ["--mode=root", "--variant=minbase", "--quiet", include, *_apt_options()]
    _run("mmdebstrap", *options, release(), str(root), str(listed))
    for name in _DROPPED:
        shutil.rmtree(root / name, ignore_errors=True)
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    inside = ["chroot", str(root)]
    _run(*inside, "systemctl", "mask", "--quiet", *_MASKED)
    _run(*inside, "systemctl", "disable", "--quiet", *_ON_DEMAND)
    _run(*inside, "systemctl", "enable", "--quiet", "systemd-networkd")
    _run(*inside, "update-initramfs", "-u")
    _run(*inside, *_COMPILE)
    for name in ("vmlinuz", "initrd"):
        (found,) = (root / "boot").glob(f"{name}*-*")
        shutil.copy(found, folder / name)
    disk = folder / "disk.raw"
    with disk.open("wb") as sparse:
        sparse.truncate(_SIZE_BYTES)
    _run("mkfs.ext4", "-q", "-d", str(root), str(disk))
    shutil.rmtree(root)


def _run(*command: str) -> str:
    done = subprocess.run(
        ["/usr/bin/nice", "-n", "5", *command],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if done.returncode != 0:
        raise MachineError(f"{' '.join(command)[:200]} ended {done.returncode}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    print(image().disk)  # noqa: T201
