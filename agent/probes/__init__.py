"""What is measured on a kiosk: one file a subject, each offering `probe(config)`.

A probe reads, parses, judges: reading is one line, parsing and judging are pure.
"""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from agent.config import Config
from agent.kinds import KINDS, Kind, named
from agent.probe import Probe
from agent.probes import network, storage, system

#: What every kiosk has.
ALWAYS = (system.probe, storage.probe, network.probe)
_ROOT = Path("/")


def probes(config: Config) -> tuple[Probe, ...]:
    """Every probe this kiosk has use for, ready for the scheduler.

    Raises ConfigError when a peripheral's declaration is wrong.
    """
    wanted = [kind for kind in KINDS if _is_declared(kind, config) or _shows(kind)]
    return (*(probe(config) for probe in ALWAYS), *_load(wanted, config))


def newcomer(name: str, config: Config) -> Probe | None:
    """The probe of a kind that nobody declared, now that one was found; None when none was."""
    kind = named(name)
    return next(iter(_load([kind], config))) if kind is not None and _shows(kind) else None


def _load(kinds: Iterable[Kind], config: Config) -> tuple[Probe, ...]:
    return tuple(import_module(kind.module).probe(config) for kind in kinds)


def _is_declared(kind: Kind, config: Config) -> bool:
    return any(config.declared(name) for name in (kind.name, *kind.also_for))


def _shows(kind: Kind) -> bool:
    return bool(kind.sign) and next(_ROOT.glob(kind.sign), None) is not None
