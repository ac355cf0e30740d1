"""The minions' public keys on the master, laid and removed by the controller; by Salt's own Python.

salt-run vigie_keys.accept kiosk=pvp-63003-1 public_key="-----BEGIN PUBLIC KEY-----..."
salt-run vigie_keys.remove kiosk=pvp-63003-1
salt-run vigie_keys.accepted
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

__opts__: dict[str, Any]

_KIOSK = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # as contract.topics
_PEM = re.compile(
    r"-----BEGIN (?:RSA )?PUBLIC KEY-----\n(?:[A-Za-z0-9+/=]{1,76}\n){2,40}"
    r"-----END (?:RSA )?PUBLIC KEY-----\n?"
)


def accept(kiosk: str, public_key: str) -> bool:
    """Lay a key, in place of any that was there; whether the master had another, or none."""
    path = _path(kiosk)
    if not _PEM.fullmatch(public_key):
        raise ValueError(f"the public key given for {kiosk} is no PEM public key")
    content = public_key.strip() + "\n"
    before = path.read_text("ascii") if path.exists() else None
    if before != content:
        _replace(path, content)
    _forget_others(kiosk)
    if before == content:
        return False
    if before is not None:
        _rotate()
    return True


def remove(kiosk: str) -> bool:
    """Take a key away; whether there was one."""
    path = _path(kiosk)
    _forget_others(kiosk)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    _rotate()
    return True


def accepted() -> list[str]:
    """The ids of the minions whose keys the master has."""
    folder = Path(__opts__["pki_dir"], "minions")
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _path(kiosk: str) -> Path:
    if not _KIOSK.fullmatch(kiosk):
        raise ValueError(f"kiosk is {kiosk!r}, must be an id such as pvp-63003-1")
    folder = Path(__opts__["pki_dir"], "minions")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / kiosk


def _forget_others(kiosk: str) -> None:
    """A key that a minion showed before it was laid here would count before ours (Salt 3008)."""
    for name in ("minions_pre", "minions_rejected", "minions_denied"):
        Path(__opts__["pki_dir"], name, kiosk).unlink(missing_ok=True)


def _replace(path: Path, content: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _rotate() -> None:
    """Who had the key knows what all minions' messages are sealed with: have it made anew."""
    from salt.crypt import dropfile

    dropfile(__opts__["cachedir"], __opts__["user"], __opts__["id"])
