"""What the kiosks' door tells of Salt: where the master is, and whose releases count."""

import logging
from pathlib import Path

from msgspec import Struct

from controller.config import Config
from controller.errors import ConfigError
from controller.salt.terms import MinionTerms, folder, minion_terms

_log = logging.getLogger("vigie.salt")


class Offer(Struct, frozen=True):
    """`release_keys`: public keys (PEM) by name; a kiosk runs hooks that one of them has signed."""

    salt: MinionTerms
    release_keys: dict[str, str]


def offered(config: Config) -> Offer | None:
    """None where there is no Salt, or not yet: a kiosk enrols without it all the same."""
    if not config.salt.is_used:
        return None
    try:
        terms = minion_terms(config)
    except ConfigError as err:
        _log.warning("a kiosk is told of no Salt master: %s", err)
        return None
    return Offer(terms, release_keys(config.home))


def release_keys(home: Path) -> dict[str, str]:
    """The keys that releases are trusted by (`salt/release-keys/<name>.pub`), by name."""
    found = sorted((folder(home) / "release-keys").glob("*.pub"))
    return {path.stem: path.read_text("ascii") for path in found}
