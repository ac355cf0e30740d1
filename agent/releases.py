"""Releases on this kiosk: what Salt has laid of one counts only as far as its manifest is signed.

/opt/vigie/releases/<name>/manifest.json     files/... of the release, with their hashes
/opt/vigie/releases/<name>/manifest.sig      Ed25519 over the bytes of manifest.json, base64
/opt/vigie/releases/<name>/hooks/v1/...      "files/hooks/v1/..." in the manifest
/etc/vigie/release-keys/<key>.pub            PEM; any of them may have signed
"""

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from agent.errors import AgentError

RELEASES = Path("/opt/vigie/releases")
KEYS = Path("/etc/vigie/release-keys")
_OPENSSL = "/usr/bin/openssl"
_LIMIT_S = 20.0
_MAX_MANIFEST = 8 * 1024**2
_CHUNK = 1024 * 1024
#: As long as 64 bytes are in base64: it is decoded by openssl, which takes no other.
_SIGNATURE = re.compile(rb"[A-Za-z0-9+/]{86}==\s*")


class ReleaseError(AgentError):
    """A release, or a file of it, is not as it was signed: it says which, and what it must be."""


class Entry(Struct, frozen=True):
    """One file in a manifest; size in bytes."""

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    size: int


class _Manifest(Struct, frozen=True):
    format: int
    name: str
    created_at: datetime
    files: dict[str, Entry]


class Release(Struct, frozen=True):
    """One whose manifest is signed. `files` are by their path in `folder`."""

    name: str
    created_at: datetime
    folder: Path
    files: Mapping[str, Entry]

    def proven(self, path: str) -> Path:
        """A file of this release, as signed. Raises ReleaseError for any other."""
        entry = self.files.get(path)
        if entry is None:
            raise ReleaseError(f"{path} is not in the manifest of release {self.name}")
        if digest(self.folder / path) != entry.sha256:
            raise ReleaseError(
                f"{self.folder / path} is not what was signed in release {self.name}:"
                " apply the release anew"
            )
        return self.folder / path


def verified(folder: Path, keys: Path = KEYS) -> Release:
    """The release laid in `folder`. Raises ReleaseError unless one of `keys` has signed it.

    Of its files nothing is said yet: see `Release.proven`.
    """
    raw, signature = _read(folder / "manifest.json"), _read(folder / "manifest.sig")
    known = sorted(keys.glob("*.pub"))
    if not known:
        raise ReleaseError(f"no release can be believed: there is no key in {keys}")
    if not any(_is_signed(raw, signature, key) for key in known):
        names = ", ".join(key.stem for key in known)
        raise ReleaseError(f"{folder}: the manifest is signed by none of {names}")
    try:
        told = msgspec.json.decode(raw, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ReleaseError(f"{folder}/manifest.json: {err}") from err
    if told.format != 1 or told.name != folder.name:
        raise ReleaseError(
            f"{folder}/manifest.json is of release {told.name!r} in format {told.format},"
            f" must be of {folder.name!r} in format 1"
        )
    prefix = "files/"
    files = {
        path.removeprefix(prefix): entry
        for path, entry in told.files.items()
        if path.startswith(prefix) and ".." not in path.split("/")
    }
    return Release(told.name, told.created_at, folder, files)


def newest(releases: Path = RELEASES, keys: Path = KEYS) -> Release | None:
    """The last made of those that are signed; None when there is none."""
    return max(_all(releases, keys), key=lambda one: one.created_at, default=None)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises ReleaseError when it cannot be read."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError as err:
        raise ReleaseError(f"{path} cannot be read: {err.strerror}") from err
    return found.hexdigest()


def _all(releases: Path, keys: Path) -> Iterator[Release]:
    for manifest in sorted(releases.glob("*/manifest.json")):
        try:
            yield verified(manifest.parent, keys)
        except ReleaseError:
            continue


def _is_signed(raw: bytes, signature: bytes, key: Path) -> bool:
    """Ed25519 by openssl, which wants files: Debian 12's cannot read these from a pipe."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    with tempfile.TemporaryDirectory(prefix="vigie-release-") as folder:
        said, sealed, plain = (Path(folder) / name for name in ("said", "sealed", "plain"))
        said.write_bytes(raw)
        sealed.write_bytes(b"".join(signature.split()))
        decode = [_OPENSSL, "base64", "-d", "-A", "-in", str(sealed), "-out", str(plain)]
        check = [_OPENSSL, "pkeyutl", "-verify", "-pubin", "-inkey", str(key), "-rawin"]
        check += ["-sigfile", str(plain), "-in", str(said)]
        return _does(decode) and _does(check)


def _does(command: list[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - an absolute path, our own arguments
            command, capture_output=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise ReleaseError(f"{_OPENSSL}: {err}") from err
    return done.returncode == 0


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_MANIFEST:
            raise ReleaseError(f"{path} is larger than {_MAX_MANIFEST} bytes")
        return path.read_bytes()
    except OSError as err:
        raise ReleaseError(f"{path} cannot be read: {err.strerror}") from err
