"""A release put together from its parts, and signed: what whoever makes releases runs, anywhere."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import UNSET

from controller.errors import Refused
from controller.rollouts import manifest, signing
from controller.rollouts.manifest import MANIFEST, SIGNATURE, AgentPackage, Manifest

#: Where the parts of a release lie in its folder.
PLACES: Mapping[str, str] = {
    "states": "states",
    "hooks": "files/hooks",
    "firmware": "files/firmware",
}
_PACKAGES = "files/packages"
#: What editors, Python and version control leave behind.
_LITTER = shutil.ignore_patterns("__pycache__", "*.pyc", ".git*", "*~", ".DS_Store")


def build(
    name: str,
    out: Path,
    *,
    parts: Mapping[str, Path],
    agent: tuple[str, Path] | None,
    key: Ed25519PrivateKey,
    now: datetime,
) -> Manifest:
    """Lay a signed release in the folder `out`, which must not exist.

    `parts`: folders by the names in PLACES, of which `states` must be there. `agent`: version and
    file of its package. Raises Refused, and nothing is left then.
    """
    manifest.check_name(name)
    if "states" not in parts:
        raise Refused("a release needs states: give the folder of the Salt states")
    if out.exists():
        raise Refused(f"{out} exists: a release is never changed; choose another folder")
    with fresh(out) as folder:
        for part, source in parts.items():
            _copy(part, source, folder / PLACES[part])
        package = _package(agent, folder) if agent is not None else None
        made = Manifest(
            format=manifest.FORMAT,
            name=name,
            created_at=now.replace(microsecond=0),
            files=manifest.listed(folder),
            agent=UNSET if package is None else package,
        )
        (folder / "files").mkdir(exist_ok=True)
        sign(folder, manifest.encode(made), key)
    return made


def sign(folder: Path, raw: bytes, key: Ed25519PrivateKey) -> None:
    """Write manifest and signature."""
    (folder / MANIFEST).write_bytes(raw)
    (folder / SIGNATURE).write_bytes(signing.sign(raw, key))


@contextmanager
def fresh(out: Path) -> Iterator[Path]:
    """A folder beside, which takes the place of `out` once all went well, and else is gone."""
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield beside
        _sync(beside)
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def summary(made: Manifest) -> dict[str, Any]:
    """In a few words, for a page or a terminal: counts, sizes in bytes, the agent's version."""
    sizes: dict[str, int] = {}
    for path, file in made.files.items():
        top = "/".join(path.split("/")[: 1 if path.startswith("states") else 2])
        sizes[top] = sizes.get(top, 0) + file.size
    return {
        "files": len(made.files),
        "size": sum(file.size for file in made.files.values()),
        "parts": sizes,
        "agent": "" if made.agent is UNSET else made.agent.version,
    }


def stored(made: Manifest) -> dict[str, Any]:
    """As a row keeps it."""
    loaded: dict[str, Any] = json.loads(manifest.encode(made))
    return loaded


def _copy(part: str, source: Path, target: Path) -> None:
    if not source.is_dir():
        raise Refused(f"{part} are to be in {source}, which is no folder")
    try:
        shutil.copytree(source, target, symlinks=True, ignore=_LITTER)
    except (OSError, shutil.Error) as err:
        raise Refused(f"{source} cannot be copied: {err}") from err


def _package(agent: tuple[str, Path], folder: Path) -> AgentPackage:
    version, source = agent
    if not source.is_file():
        raise Refused(f"the agent's package {source} is no file")
    target = folder / _PACKAGES / source.name
    target.parent.mkdir(parents=True)
    shutil.copyfile(source, target)
    return AgentPackage(version=version, file=f"{_PACKAGES}/{source.name}")


def _sync(folder: Path) -> None:
    """All of it on the disk: a release that is there is there whole."""
    for path in manifest.walk(folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
