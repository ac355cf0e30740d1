"""What a technician reads in a terminal, in French and in English."""

from collections.abc import Mapping
from enum import StrEnum

from agent.words import (
    camera,
    line,
    machine,
    plugs,
    power,
    printer,
    readers,
    recovery,
    scanner,
    screen,
    sound,
)
from contract.health import Health, Readiness


class Language(StrEnum):
    """French unless English is asked for."""

    FRENCH = "fr"
    ENGLISH = "en"


def language(environ: Mapping[str, str]) -> Language:
    """The language of a terminal (locale(7): LC_ALL, then LC_MESSAGES, then LANG).

    >>> language({"LANG": "en_GB.UTF-8"}).value, language({"LANG": "C.UTF-8"}).value
    ('en', 'fr')
    >>> language({"LC_ALL": "fr_FR.UTF-8", "LANG": "en_GB.UTF-8"}).value
    'fr'
    """
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return Language.ENGLISH if environ[name].startswith("en") else Language.FRENCH
    return Language.FRENCH


HEALTH: dict[Health, tuple[str, str]] = {
    Health.OK: ("en ordre", "fine"),
    Health.DEGRADED: ("à surveiller", "needs a hand soon"),
    Health.FAILED: ("en panne", "failed"),
    Health.MISSING: ("absent", "missing"),
    Health.UNKNOWN: ("non mesuré", "not measured"),
}

READINESS: dict[Readiness, tuple[str, str]] = {
    Readiness.READY: ("Prête à recevoir un usager", "Ready to receive a citizen"),
    Readiness.DEGRADED: (
        "Peut recevoir un usager, mais demande une intervention",
        "Can receive a citizen, but needs a hand soon",
    ),
    Readiness.NOT_READY: ("Ne peut pas recevoir d'usager", "Cannot receive a citizen"),
    Readiness.UNKNOWN: (
        "Impossible de dire si un usager peut être reçu",
        "Cannot tell whether a citizen can be received",
    ),
}

#: Keyword -> French and English. A kiosk that watches never loads them.
REASONS: dict[str, tuple[str, str]] = {
    **machine.REASONS,
    **line.REASONS,
    **plugs.REASONS,
    **camera.REASONS,
    **sound.REASONS,
    **screen.REASONS,
    **printer.REASONS,
    **scanner.REASONS,
    **readers.REASONS,
    **power.REASONS,
    **recovery.REASONS,
}


NOT_ANSWERED = ("n'a pas pu être mesuré", "could not be measured")

#: What is shown of each device beside the words.
FIGURES: dict[str, tuple[str, str]] = {
    "cpu_percent": ("processeur {:.0f} %", "CPU {:.0f} %"),
    "memory_percent": ("mémoire {:.0f} %", "memory {:.0f} %"),
    "temperature_celsius": ("{:.0f} °C", "{:.0f} °C"),
    "free_percent": ("{:.0f} % libre", "{:.0f} % free"),
    "rtt_ms": ("aller-retour {:.1f} ms", "round trip {:.1f} ms"),
    "jitter_ms": ("gigue {:.1f} ms", "jitter {:.1f} ms"),
    "loss_percent": ("pertes {:.1f} %", "loss {:.1f} %"),
}


def phrase(pair: tuple[str, str], spoken: Language) -> str:
    """One of the two."""
    return pair[0] if spoken is Language.FRENCH else pair[1]


def reason(keyword: str, spoken: Language) -> str:
    """A reason in plain words; a keyword we have no words for as it is."""
    return phrase(REASONS.get(keyword, (keyword, keyword)), spoken)
