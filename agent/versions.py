"""Versions of the agent side by side: laid from a signed release, switched to, forgotten.

A package is a tar with bin/vigie-agent and lib/ (the agent and all it imports); see `agent.trial`
for where it goes and how a switch is taken back. Salt runs it out of the package that it has
verified, so a kiosk whose agent is broken gets one:

    python3 -m agent.versions HOME VERSION PACKAGE SHA256 LIMIT_S
    {"is_laid": true, "is_new": true}
"""

import json
import os
import re
import shutil
import sys
import tarfile
from pathlib import Path

from agent import trial
from agent.errors import AgentError
from agent.releases import digest

PROGRAM = "bin/vigie-agent"
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+~-]{0,31}")
_MAX_BYTES = 256 * 1024**2


class VersionError(AgentError):
    """A version cannot be laid or switched to: it says which, and why."""


def install(home: Path, version: str, package: Path, sha256: str) -> bool:
    """Lay `version` beside the others; whether that changed anything. Nothing half is ever there.

    `sha256` is from the signed manifest. One that is there and lacks a file or has another one
    changed is laid anew. Raises VersionError, ReleaseError.
    """
    if not _VERSION.fullmatch(version):
        raise VersionError(f"version is {version[:40]!r}, must be like 1.2.0")
    found = digest(package)
    if found != sha256:
        raise VersionError(f"{package} has sha256 {found}, must have {sha256}: fetch it anew")
    place = home / "versions" / version
    beside = place.with_name(f".{version}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        _unpack(package, beside)
        if is_same(beside, place):
            return False
        _replace(beside, place)
    except OSError as err:
        raise VersionError(f"{place} cannot be laid: {err}") from err
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return True


def switch(home: Path, version: str, limit_s: float = trial.LIMIT_S) -> bool:
    """Put a version that is laid on trial; whether it was not current yet. Raises VersionError.

    Without a current version to go back to it is simply taken. The caller restarts the agent.
    """
    if not (home / "versions" / version / PROGRAM).is_file():
        raise VersionError(f"version {version} is not in {home}/versions: install it first")
    before = trial.current(home)
    if before == version:
        return False
    on = trial.read(home)
    if on is not None and version != on.get("from"):
        # Of two that are not proven yet, neither is one to go back to.
        raise VersionError(f"version {before} is on trial: try {version} once that is decided")
    if (home / "versions" / before / PROGRAM).is_file() and before:
        trial.begin(home, version, limit_s)
    if (home / "current").is_dir() and not (home / "current").is_symlink():
        shutil.rmtree(home / "current")  # somebody's copy, where only a link may be
    trial.point(home, version)
    return True


def forget(home: Path) -> tuple[str, ...]:
    """Remove all but the current version and those of the last trial; answers what went."""
    on = trial.read(home) or trial.verdict(home) or {}
    spared = {trial.current(home), on.get("from"), on.get("to")}
    laid = sorted(path for path in (home / "versions").iterdir() if path.name not in spared)
    for path in laid:
        shutil.rmtree(path)
    return tuple(path.name for path in laid)


def is_same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, but for what Python compiled beside them."""
    listed = _files(one)
    return (
        other.is_dir()
        and listed == _files(other)
        and all(digest(one / name) == digest(other / name) for name, _ in listed)
    )


def _files(folder: Path) -> list[tuple[str, bool]]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sorted((path.relative_to(folder).as_posix(), os.access(path, os.X_OK)) for path in paths)


def _unpack(package: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    try:
        with tarfile.open(package) as tar:
            members = [one for one in tar.getmembers() if not one.isdir()]
            odd = [one.name for one in members if not _is_plain(one)]
            if odd or sum(one.size for one in members) > _MAX_BYTES:
                raise VersionError(f"{package} has {odd[:1] or 'too much'}, must have small files")
            for member in members:
                _extract(tar, member, folder / member.name)
    except (tarfile.TarError, EOFError) as err:
        raise VersionError(f"{package} cannot be unpacked: {err}") from err
    if not (folder / PROGRAM).is_file():
        raise VersionError(f"{package} lacks {PROGRAM}")
    os.sync()


def _is_plain(member: tarfile.TarInfo) -> bool:
    parts = member.name.split("/")
    return member.isfile() and not {"", ".", ".."} & set(parts)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    """By hand: Debian 12's tarfile knows no filters."""
    place.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    if source is not None:
        with source, place.open("wb") as target:
            shutil.copyfileobj(source, target)
    place.chmod(0o755 if member.mode & 0o111 else 0o644)


def _replace(beside: Path, place: Path) -> None:
    """A broken version that is there gives way first: a running agent has its files open."""
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.is_dir() and not place.is_symlink():
        place.rename(old)
    else:
        place.unlink(missing_ok=True)
    beside.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Lay a version and switch to it."""
    home, version, package, sha256, limit_s = arguments
    try:
        is_laid = install(Path(home), version, Path(package), sha256)
        is_new = switch(Path(home), version, float(limit_s))
        forget(Path(home))
    except AgentError as err:
        sys.stderr.write(f"{err}\n")
        return 1
    sys.stdout.write(json.dumps({"is_laid": is_laid, "is_new": is_new}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
