"""A master on a machine of its own: what it needs from here, in one folder to be copied there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from controller.atomic import PRIVATE
from controller.config import Config
from controller.errors import ConfigError
from controller.salt import master
from controller.salt.master import Place
from controller.salt.terms import folder

_TLS = "tls"
#: What the other machine has of the controller's own certificates.
_PAPERS = (
    "ca.pem",
    f"{master.API_CERTIFICATE}.pem",
    f"{master.API_CERTIFICATE}.key",
    f"{master.PILLAR_CLIENT}.pem",
    f"{master.PILLAR_CLIENT}.key",
)
#: What stays here: the password in plain, and what the controller alone writes.
_KEPT_HERE = ("api-password", "run", "cache", "releases", "release-keys")


def place(config: Config, root: Path, user: str) -> Place:
    """There, as vigie.toml says of it. Raises ConfigError when it does not."""
    url = urlsplit(config.salt.url)
    if config.salt.is_managed or url.scheme != "https" or url.port is None:
        raise ConfigError(
            f"salt.is_managed is {str(config.salt.is_managed).lower()} and salt.url is"
            f" {config.salt.url!r}: for a master on another machine they must be false and"
            " https://host:port, where its API will be (vigie.toml)"
        )
    return Place(
        root=root,
        pki=root / _TLS,
        user=user,
        listen=config.salt.listen or "0.0.0.0",  # noqa: S104 - minions come from outside
        api_listen="0.0.0.0",  # noqa: S104 - the controller comes from outside
        api_port=url.port,
        door=f"https://{config.kiosk_door.names[0]}:{config.kiosk_door.port}",
    )


def pack(config: Config, there: Place, into: Path) -> None:
    """Lays keys and password here, and writes all that the other machine needs to `into`, a new
    folder. Raises ConfigError when that is there, or before `vigie init`."""
    if into.exists():
        raise ConfigError(f"{into} exists: name a new folder")
    pki = config.home / "pki"
    for name in _PAPERS:
        if not (pki / name).exists():
            raise ConfigError(f"{pki / name} is missing: run `vigie init` first")
    root = folder(config.home)
    master.lay(config, there, root)
    into.mkdir(mode=0o700, parents=True)
    shutil.copytree(root, into, dirs_exist_ok=True, ignore=_only_theirs(root))
    (into / _TLS).mkdir(mode=0o700)
    for name in _PAPERS:
        shutil.copyfile(pki / name, into / _TLS / name)
        (into / _TLS / name).chmod(PRIVATE)


def _only_theirs(root: Path) -> Callable[[str, list[str]], set[str]]:
    def ignored(at: str, names: list[str]) -> set[str]:
        return set(names) & set(_KEPT_HERE) if Path(at) == root else set()

    return ignored
