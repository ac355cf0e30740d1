"""What a declaration says beyond what its peripheral is told by: each kind has its settings."""

from typing import TypeVar

import msgspec

from agent.config import Peripheral
from agent.errors import ConfigError

Settings = TypeVar("Settings", bound=msgspec.Struct)


def settings(item: Peripheral, kind: type[Settings]) -> Settings:
    """The declared settings as `kind`, a Struct that forbids unknown fields.

    Raises ConfigError naming the peripheral, the field and what it must be.
    """
    try:
        return msgspec.convert(item.settings, kind)
    except msgspec.ValidationError as err:
        known = ", ".join(field.name for field in msgspec.structs.fields(kind)) or "none"
        raise ConfigError(
            f"settings of peripheral {item.id!r} ({item.kind}): {err}; it knows: {known}"
        ) from err


def wrong(item: Peripheral, field: str, value: object, remedy: str) -> ConfigError:
    """The complaint about one setting whose type is right, and whose value is not."""
    return ConfigError(f"settings.{field} of peripheral {item.id!r} is {value!r}, must be {remedy}")
