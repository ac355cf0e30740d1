"""What a release is made of: the list of its files with their hashes, and its one signature. Pure,
but for reading the files.

    <release>/files/manifest.json   {"format": 1, "name": "2026.12", "created_at": "...",
                                     "agent": {"version": "1.2.0", "file": "files/packages/..."},
                                     "files": {"states/top.sls": {"sha256": "...", "size": 120}}}
    <release>/files/manifest.sig    Ed25519 over the bytes of manifest.json, in base64
    <release>/states/...            the Salt environment of the release's name
    <release>/files/...             what kiosks fetch from it: hooks/v1, packages, firmware

All files but these two are in the list, and nothing else is in the folder.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from controller.errors import Refused

MANIFEST, SIGNATURE = "files/manifest.json", "files/manifest.sig"
FORMAT = 1
#: Salt takes `base` for what names no environment, and `__env__` for any.
_NAME = re.compile(r"(?!base$)[a-z0-9][a-z0-9._-]{0,62}")
MAX_FILES = 20_000
MAX_BYTES = 2 * 1024**3
_MAX_MANIFEST = 8 * 1024**2
_CHUNK = 1024 * 1024

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a release; size in bytes."""

    sha256: Sha256
    size: Annotated[int, Meta(ge=0)]


class AgentPackage(Struct, frozen=True, forbid_unknown_fields=True):
    """The agent that a release brings."""

    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+~-]{0,31}$")]
    file: Annotated[str, Meta(max_length=200)]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """All of manifest.json."""

    format: int
    name: str
    created_at: datetime
    files: dict[str, File]
    agent: AgentPackage | UnsetType = UNSET


def encode(manifest: Manifest) -> bytes:
    """As it is signed: the same manifest gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1)


def decode(raw: bytes) -> Manifest:
    """The manifest in a signed file. Raises Refused naming what is wrong with it."""
    if len(raw) > _MAX_MANIFEST:
        raise Refused(f"{MANIFEST} has {len(raw)} bytes, must have at most {_MAX_MANIFEST}")
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise Refused(f"{MANIFEST} cannot be read: {err}") from err
    if manifest.format != FORMAT:
        raise Refused(f"{MANIFEST} has format {manifest.format}, must be {FORMAT}")
    check_name(manifest.name)
    for path in manifest.files:
        _check_path(path)
    package = manifest.agent
    if package is not UNSET and package.file not in manifest.files:
        raise Refused(f"{MANIFEST} names the agent {package.file!r}, which is none of its files")
    return manifest


def check_name(name: str) -> str:
    """The name of a release, which is also that of its folder and its Salt environment.

    >>> check_name("2026.12-1")
    '2026.12-1'

    Raises Refused for any other.
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            f"release name is {name[:64]!r}, must be of small letters, digits, '.', '_' and '-',"
            " begin with a letter or digit, and not be 'base'"
        )
    return name


def listed(folder: Path) -> dict[str, File]:
    """Every file of a release but manifest and signature, with its hash.

    Raises Refused for anything that is neither a file nor a folder, or too much.
    """
    found: dict[str, File] = {}
    total = 0
    for path in walk(folder):
        name = path.relative_to(folder).as_posix()
        if name in (MANIFEST, SIGNATURE):
            continue
        _check_path(name)
        found[name] = measured(path)
        total += found[name].size
        if len(found) > MAX_FILES or total > MAX_BYTES:
            raise Refused(f"a release has at most {MAX_FILES} files of {MAX_BYTES} bytes in all")
    return found


def walk(folder: Path) -> Iterator[Path]:
    """Every file, in order. Raises Refused for a link, a device, or the like."""
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from walk(path)
        elif entry.is_file(follow_symlinks=False):
            yield path
        else:
            raise Refused(f"{path} is neither a file nor a folder: a release has nothing else")


def measured(path: Path) -> File:
    """Hash and size of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return File(digest.hexdigest(), size)


def compare(manifest: Manifest, folder: Path) -> None:
    """That the folder holds what the manifest lists, and nothing else.

    Raises Refused naming the first file that is missing, too many, or not as signed.
    """
    found = listed(folder)
    for path, wanted in sorted(manifest.files.items()):
        there = found.pop(path, None)
        if there is None:
            raise Refused(f"{path} is missing, must be there as {MANIFEST} says")
        if there != wanted:
            raise Refused(
                f"{path} has sha256 {there.sha256[:16]}... and {there.size} bytes, must have"
                f" {wanted.sha256[:16]}... and {wanted.size}: it is not what was signed"
            )
    if found:
        raise Refused(f"{min(found)} is not in {MANIFEST}: nothing else may be in a release")


def _check_path(path: str) -> None:
    parts = path.split("/")
    is_plain = all(part not in ("", ".", "..") for part in parts) and "\0" not in path
    if not is_plain or parts[0] not in ("states", "files") or len(parts) < 2 or len(path) > 300:
        raise Refused(f"file {path[:100]!r} must lie under states/ or files/")
