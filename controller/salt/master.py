"""The files that a Salt master and its API run with, and how they are started.

Written from vigie.toml by `vigie init`, as the broker's are; never edited by hand. For Salt 3008,
as measured (docs/adr/0038).
"""

import hashlib
import json
import os
import pwd
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from controller.atomic import PRIVATE, PUBLIC, write
from controller.config import Config
from controller.errors import ConfigError
from controller.salt import identity
from controller.salt.terms import SIGNING, folder

#: The name in the pillar's certificate: the kiosks' door gives pillars to it alone.
PILLAR_CLIENT = "vigie-salt"
#: The stem of the API's certificate.
API_CERTIFICATE = "salt"
#: All that the controller may have minions and the master do; `cmd.run` is not among it.
RIGHTS: tuple[Any, ...] = (
    {
        "*": [
            "test.*",
            "state.apply",
            "saltutil.find_job",
            "saltutil.find_cached_job",
            "saltutil.refresh_pillar",
        ]
    },
    {"@runner": ["jobs.*", "vigie_keys.*"]},
)
_EXT = Path(__file__).parent / "ext"
#: A socket's path has at most 107 characters, and Salt's longest here is run/master_event_pull.ipc.
_LONGEST_ROOT = 107 - len("/run/master_event_pull.ipc") - 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a master runs, and as whom: here, or on a machine of its own."""

    root: Path  # `root_dir`; all else lies under it, or Salt would prefix it silently
    pki: Path  # the authority's ca.pem, and the certificates of API and pillar
    user: str
    listen: str  # minions reach the master here
    api_listen: str
    api_port: int
    door: str  # the kiosks' door as the master reaches it


def here(config: Config) -> Place:
    """The managed master's place, in the controller's home and as its owner."""
    door = config.kiosk_door
    is_here = door.host in ("0.0.0.0", "::", "127.0.0.1", "localhost")  # noqa: S104
    host = "127.0.0.1" if is_here else door.names[0]
    return Place(
        root=folder(config.home),
        pki=config.home / "pki",
        user=pwd.getpwuid(os.geteuid()).pw_name,
        listen=config.salt.listen or "0.0.0.0",  # noqa: S104 - minions come from outside
        api_listen="127.0.0.1",
        api_port=config.salt.api_port,
        door=f"https://{host}:{door.port}",
    )


def api_names(config: Config) -> tuple[str, ...]:
    """The names in the API's certificate: the controller reaches it by one of them."""
    elsewhere = urlsplit(config.salt.url).hostname
    return tuple(filter(None, (elsewhere, "localhost", "127.0.0.1", "::1")))


def settings(config: Config, place: Place) -> dict[str, Any]:
    """The master's configuration, and its API's."""
    root = place.root
    releases = root / "releases" / "__env__"
    return {
        "user": place.user,
        "interface": place.listen,
        "publish_port": config.salt.publish_port,
        "ret_port": config.salt.return_port,
        "root_dir": str(root),
        "pki_dir": str(root / "pki"),
        "cachedir": str(root / "cache"),
        "sock_dir": str(root / "run"),
        "pidfile": str(root / "run" / "master.pid"),
        "api_pidfile": str(root / "run" / "api.pid"),
        "log_file": str(root / "run" / "master.log"),
        "api_logfile": str(root / "run" / "api.log"),
        "log_level": "warning",  # to whoever started it: journald, `vigie up`
        "log_level_logfile": "quiet",
        # What Salt 3008.3 says of its own leavings, at each call of a runner.
        "log_granular_levels": {"salt.runner": "error", "asyncio": "critical"},
        "worker_threads": 5,
        # How long its API waits for a master that is gone. Whoever asked asks again.
        "publish_timeout": 10,
        "request_channel_timeout": 10,
        "request_channel_tries": 1,
        # Every release is an environment by its folder's name; no restart for a new one.
        "file_roots": {"__env__": [str(releases / "states"), str(releases / "files")]},
        "pillar_roots": {"base": [str(root / "no-pillar")]},
        "extension_modules": str(root / "ext"),
        "ext_pillar": [
            {
                "vigie": {
                    "url": place.door,
                    "ca": str(place.pki / "ca.pem"),
                    "certificate": str(place.pki / f"{PILLAR_CLIENT}.pem"),
                    "key": str(place.pki / f"{PILLAR_CLIENT}.key"),
                }
            }
        ],
        "publish_signing_algorithm": SIGNING,
        "signing_algorithm": SIGNING,
        "require_minion_sign_messages": True,
        "drop_messages_signature_fail": True,
        "netapi_enable_clients": ["local_async", "runner"],
        "external_auth": {
            "file": {
                "^filename": str(root / "eauth"),
                "^hashtype": "sha256",
                config.salt.user: list(RIGHTS),
            }
        },
        "rest_cherrypy": {
            "host": place.api_listen,
            "port": place.api_port,
            "ssl_crt": str(place.pki / f"{API_CERTIFICATE}.pem"),
            "ssl_key": str(place.pki / f"{API_CERTIFICATE}.key"),
            "thread_pool": 20,
            "expire_responses": True,
        },
    }


def text(values: Mapping[str, Any]) -> str:
    """A configuration of Salt: YAML, each value as JSON, which YAML has within it.

    >>> print(text({"user": "vigie", "ret_port": 4506}), end="")
    # Written by `vigie` from vigie.toml: edit that, not this.
    user: "vigie"
    ret_port: 4506
    """
    lines = [f"{key}: {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(("# Written by `vigie` from vigie.toml: edit that, not this.", *lines, ""))


def prepare(config: Config) -> list[str]:
    """Sees to all files of the managed master; a line for each thing made anew.

    Raises ConfigError for a home whose path is too long for Salt.
    """
    place = here(config)
    if len(str(place.root)) > _LONGEST_ROOT:
        raise ConfigError(
            f"{place.root} is longer than {_LONGEST_ROOT} characters, too long for Salt's sockets:"
            " choose a shorter --home"
        )
    return lay(config, place, place.root)


def lay(config: Config, place: Place, into: Path) -> list[str]:
    """Writes the files of a master at `place` under `into`: its root, or a copy to be sent there.
    Keys and password are made once and kept; the rest is written anew."""
    for name in ("", "etc", "pki", "pki/minions", "run", "cache", "releases", "release-keys"):
        (into / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    if identity.make(into / "pki"):
        made.append(f"keys of the Salt master {into / 'pki'}: back up master.pem")
    if not password_file(into).exists():
        write(password_file(into), secrets.token_urlsafe(48).encode(), PRIVATE)
        made.append("password of the Salt API")
    digest = hashlib.sha256(password_file(into).read_bytes().strip()).hexdigest()
    write(into / "eauth", f"{config.salt.user}:{digest}\n".encode(), PRIVATE)
    write(into / "etc" / "master", text(settings(config, place)).encode(), PUBLIC)
    _lay_modules(into / "ext")
    return made


def password_file(root: Path) -> Path:
    """Where the API's password is kept, for the controller alone."""
    return root / "api-password"


def commands(config: Config) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What runs the managed master, and its API. Raises ConfigError when Salt is not installed."""
    programs = Path(config.salt.programs)
    etc = str(folder(config.home) / "etc")
    found = tuple(programs / name for name in ("salt-master", "salt-api"))
    for path in found:
        if not os.access(path, os.X_OK):
            raise ConfigError(
                f"salt.is_managed is true and {path} is not there: install Salt (docs/user), or"
                " give salt.programs the folder that has it (vigie.toml)"
            )
    return (str(found[0]), "-c", etc), (str(found[1]), "-c", etc)


def _lay_modules(into: Path) -> None:
    for source in sorted(_EXT.glob("*/*.py")):
        target = into / source.parent.name / source.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source, target)
