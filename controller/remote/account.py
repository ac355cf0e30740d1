"""Which controller, and as whom: $VIGIE_URL and $VIGIE_TOKEN, else ~/.config/vigie/cli.toml."""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from controller.errors import ConfigError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Account:
    """A controller's address, a token for it, and a CA of its own if it has one."""

    url: str
    token: str
    ca: str = ""

    def __repr__(self) -> str:
        """Without the token."""
        return f"Account({self.url!r})"


def path(env: Mapping[str, str]) -> Path:
    """Where `vigie login` keeps it."""
    base = env.get("XDG_CONFIG_HOME") or Path(env.get("HOME") or Path.home()) / ".config"
    return Path(base) / "vigie" / "cli.toml"


def load(env: Mapping[str, str]) -> Account:
    """The account to use. Raises ConfigError naming what is missing and how to give it."""
    kept = _read(path(env))
    url = env.get("VIGIE_URL") or kept.get("url", "")
    token = env.get("VIGIE_TOKEN") or kept.get("token", "")
    if not url or not token:
        missing = "VIGIE_TOKEN" if url else "VIGIE_URL"
        raise ConfigError(f"{missing} is not set and {path(env)} does not say it: `vigie login`")
    if env.get("VIGIE_URL") and kept.get("url") != url and not env.get("VIGIE_TOKEN"):
        raise ConfigError(f"the token of {path(env)} is not for {url}: set VIGIE_TOKEN as well")
    return Account(checked(url), token, env.get("VIGIE_CA") or kept.get("ca", ""))


def checked(url: str) -> str:
    """The address without a slash at its end. Raises ConfigError for one that is not safe."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"address is {url!r}, must be like https://vigie.example.org")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigError(f"address is {url!r}: a token goes over https only")
    return url.rstrip("/")


def keep(account: Account, env: Mapping[str, str]) -> Path:
    """Write it down, for its owner's eyes only; where."""
    target = path(env)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = {"url": account.url, "token": account.token, "ca": account.ca}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items() if value)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(target)
    return target


def _read(source: Path) -> dict[str, str]:
    try:
        if source.stat().st_mode & 0o077:
            raise ConfigError(f"{source} can be read by others: chmod 600 {source}")
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as err:
        raise ConfigError(f"{source} cannot be read: {err}") from err
    for key, value in table.items():
        if key not in ("url", "token", "ca") or not isinstance(value, str):
            raise ConfigError(f"{source}: {key} is {value!r}, must be url, token or ca, a text")
    return table
