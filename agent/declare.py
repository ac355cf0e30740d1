"""`vigie-agent declare`: writes into agent.toml what is plugged in and not declared yet."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from agent.config import Peripheral
from agent.configfile import load
from agent.discovery import Proposal
from agent.errors import ConfigError

_UNSURE = (
    "À vérifier : ceci peut être autre chose. Pour le déclarer, enlevez les #.",
    "To be checked: this may be something else. To declare it, take the # away.",
)


def text(proposals: Iterable[Proposal], unsure: str = _UNSURE[1]) -> str:
    """The tables of agent.toml, those that are not sure as comments."""
    return "\n".join(_block(each, unsure) for each in proposals)


def unsure(*, is_french: bool) -> str:
    """What is said above what is not sure."""
    return _UNSURE[0] if is_french else _UNSURE[1]


def write(path: Path, proposals: Iterable[Proposal], said: str) -> tuple[str, ...]:
    """Add the tables in `said` to the file, of which every byte is kept; answers the new ids.

    Raises ConfigError when the file cannot be written, or would not be right with them.
    """
    path = path.resolve()  # the file itself, where it is reached by a link
    before = load(path).peripherals
    expected = (*before, *(each.item for each in proposals if each.is_sure))
    try:
        old = path.read_bytes()
        gap = b"" if old.endswith(b"\n") else b"\n"
        fresh = path.with_name(f".{path.name}.new")
        _put(fresh, old + gap + b"\n" + said.encode(), like=path)
        try:
            _check(load(fresh).peripherals, expected, path)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as err:
        raise ConfigError(f"{path} cannot be written ({err.strerror}), must be: be root") from err
    return tuple(item.id for item in expected[len(before) :])


def _check(found: tuple[Peripheral, ...], expected: tuple[Peripheral, ...], path: Path) -> None:
    if found != expected:
        raise ConfigError(f"{path} does not take what was found: add it by hand")


def _put(path: Path, data: bytes, like: Path) -> None:
    """A file on disk, of the owner and mode of another."""
    known = like.stat()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        os.fchown(fd, known.st_uid, known.st_gid)
        os.fchmod(fd, known.st_mode & 0o7777)
        file.flush()
        os.fsync(fd)


def _block(proposal: Proposal, unsure: str) -> str:
    item = proposal.item
    product = "".join(each for each in proposal.product if each.isprintable())[:80]
    lines = [
        f"[[peripheral]]{f'  # {product}' if product else ''}",
        f"id = {_value(item.id)}",
        f"kind = {_value(item.kind)}",
    ]
    match = {key: value for key, value in msgspec.structs.asdict(item.match).items() if value}
    lines += [f"match = {_table(match)}"] if match else []
    lines += [f"settings = {_table(item.settings)}"] if item.settings else []
    if not proposal.is_sure:
        lines = [f"# {unsure}", *(f"# {line}" for line in lines)]
    return "".join(f"{line}\n" for line in lines)


def _table(values: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in values.items()) + " }"


def _value(value: object) -> str:
    """As TOML has it: its basic strings are JSON's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
