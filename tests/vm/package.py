"""The agent as a package would install it: a tar to unpack at the machine's root.

What the host's environment holds runs there too, for it has the same Debian and so the same Python.
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import msgspec
import paho  # type: ignore[import-untyped]
import pyudev

import agent
import contract

_REPOSITORY = Path(__file__).parents[2]
_SITE = "usr/lib/python3/dist-packages"
_COMPILED = "var/cache/vigie-agent"  # as the unit says
_UNITS = _REPOSITORY / "deploy" / "systemd"
_PROGRAM = """#!/usr/bin/python3
import sys
from agent.cli import main
sys.exit(main())
"""
#: As the unit has Python work. Compiled here, for there it would take minutes.
_COMPILE = """
import py_compile, sys
from importlib.util import cache_from_source
from pathlib import Path
root = Path(sys.argv[1])
for source in (root / sys.argv[2]).rglob("*.py"):
    place = "/" + str(source.relative_to(root))
    sys.pycache_prefix = "/" + sys.argv[3]
    kept = root / cache_from_source(place)[1:]
    kept.parent.mkdir(parents=True, exist_ok=True)
    py_compile.compile(str(source), str(kept), place, doraise=True)
"""


def package() -> bytes:
    """The tar: libraries, agent, program and unit; no configuration."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for module in (agent, contract, msgspec, paho, pyudev):
            _copy(Path(str(module.__file__)).parent, root / _SITE)
        (root / "usr/bin").mkdir()
        (root / "usr/bin/vigie-agent").write_text(_PROGRAM)
        (root / "usr/bin/vigie-agent").chmod(0o755)
        (root / "etc/systemd/system").mkdir(parents=True)
        unit = "vigie-agent.service"
        (root / "etc/systemd/system" / unit).write_bytes((_UNITS / unit).read_bytes())
        environ = {**os.environ, "PYTHONOPTIMIZE": "2", "PYTHONNODEBUGRANGES": "1"}
        command = [sys.executable, "-c", _COMPILE, folder, _SITE, _COMPILED]
        subprocess.run(command, env=environ, check=True, timeout=120)
        return _tar(root)


def _copy(source: Path, site: Path) -> None:
    for path in source.rglob("*"):
        if path.suffix in (".py", ".so"):
            copy = site / source.name / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            stat = path.stat()  # what is compiled is good for this hour and size only
            os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _tar(root: Path) -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:gz", compresslevel=1) as tar:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                tar.add(path, path.relative_to(root), filter=_as_root)
    return kept.getvalue()


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member
