"""What a minion must know of the master, and its ways of signing: given to a kiosk at enrolment."""

from pathlib import Path

from msgspec import Struct

from controller.config import Config
from controller.salt import identity

#: Salt has no default for what signs a minion's messages; SHA-1 is what it would take elsewhere.
SIGNING = "PKCS1v15-SHA224"
ENCRYPTION = "OAEP-SHA224"


class MinionTerms(Struct, frozen=True):
    """What goes into a minion's configuration."""

    master: str  # a name or an address
    publish_port: int
    return_port: int
    finger: str  # of the master's public key, as `master_finger` wants it
    signing_algorithm: str = SIGNING
    encryption_algorithm: str = ENCRYPTION


def folder(home: Path) -> Path:
    """Where all that is Salt's lies in a controller's home."""
    return home / "salt"


def minion_terms(config: Config) -> MinionTerms:
    """For the minions of this region's master.

    Raises ConfigError when there is no master, or before `vigie init` has made its keys.
    """
    salt = config.salt
    return MinionTerms(
        master=salt.public_host or config.kiosk_door.names[0],
        publish_port=salt.publish_port,
        return_port=salt.return_port,
        finger=identity.finger(config.home),
    )
