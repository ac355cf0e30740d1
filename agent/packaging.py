"""`python -m agent.packaging FILE`: the agent's package, as a release brings it to kiosks.

A tar.gz that is the same for the same sources: lib/ with contract, agent and the libraries of this
very Python (so build it on the kiosks' Debian), bin/vigie-agent, units/ for systemd from the
checkout; all in order and without a date.
"""

import gzip
import io
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

from contract import RELEASE

_PACKAGES = ("agent", "contract", "msgspec", "paho", "pyudev")
_PROGRAM = b"""#!/usr/bin/python3 -sP
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from agent.cli import main
sys.exit(main())
"""
_DEPLOY = Path(__file__).resolve().parents[1] / "deploy" / "systemd"
_UNITS = (
    "vigie-agent-guard.service",
    "vigie-agent-guard.timer",
    "vigie-agent.service",
    "vigie-agent.service.d/versions.conf",
)
_SUFFIXES = (".py", ".so", ".toml", ".json")


def build(target: Path) -> str:
    """Write the package; answers its version. Raises OSError."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        _add(tar, "bin/vigie-agent", _PROGRAM, 0o755)
        for name in _PACKAGES:
            for folder in _folders(name):
                for path in sorted(folder.rglob("*")):
                    if path.suffix in _SUFFIXES and path.is_file():
                        place = f"lib/{name}/{path.relative_to(folder).as_posix()}"
                        _add(tar, place, path.read_bytes(), 0o644)
        for unit in _UNITS:
            _add(tar, f"units/{unit}", (_DEPLOY / unit).read_bytes(), 0o644)
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(raw.getvalue())
    return RELEASE


def _folders(name: str) -> list[Path]:
    spec = find_spec(name)
    return [Path(place) for place in (spec and spec.submodule_search_locations) or ()]


def _add(tar: tarfile.TarFile, name: str, raw: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(raw), mode
    tar.addfile(entry, io.BytesIO(raw))


if __name__ == "__main__":
    sys.stdout.write(build(Path(sys.argv[1])) + "\n")
