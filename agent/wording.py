"""What a technician reads in a terminal, in French and in English."""

from collections.abc import Mapping
from enum import StrEnum

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

REASONS: dict[str, tuple[str, str]] = {
    "clock-not-trusted": (
        "l'horloge n'est pas synchronisée : vérifiez le service de temps (NTP)",
        "the clock is not in step: check the time service (NTP)",
    ),
    "memory-low": ("la mémoire est presque pleine", "memory is nearly full"),
    "temperature-high": (
        "le processeur chauffe : dégagez les aérations",
        "the processor is hot: clear the vents",
    ),
    "load-high": ("la machine est surchargée", "the machine is overloaded"),
    "storage-low": ("l'espace disque diminue", "disk space is getting low"),
    "storage-full": ("le disque est plein", "the disk is full"),
    "inodes-low": ("trop de fichiers sur le disque", "too many files on the disk"),
    "read-only": (
        "le disque n'accepte plus d'écriture : il est sans doute à remplacer",
        "the disk takes no more writes: it probably has to be replaced",
    ),
    "fs-errors": (
        "le système de fichiers a des erreurs : à vérifier (fsck)",
        "the file system has errors: have it checked (fsck)",
    ),
    "wear-high": (
        "la mémoire flash approche de la fin de sa vie",
        "the flash memory nears the end of its life",
    ),
    "disk-failing": (
        "le disque annonce sa panne : à remplacer",
        "the disk says that it is failing: replace it",
    ),
    "no-carrier": (
        "pas de signal sur la ligne : vérifiez le câble et la box",
        "no signal on the line: check the cable and the router",
    ),
    "no-route": (
        "aucune route vers le contrôleur : vérifiez l'adresse et la passerelle",
        "no route to the controller: check the address and the gateway",
    ),
    "name-not-resolved": (
        "le nom du contrôleur n'est pas résolu : vérifiez les serveurs DNS",
        "the controller's name is not resolved: check the DNS servers",
    ),
    "not-enrolled": (
        "cette borne ne connaît pas encore de contrôleur : vigie-agent enrol",
        "this kiosk does not know a controller yet: vigie-agent enrol",
    ),
    "no-echo": (
        "le contrôleur ne répond à aucune mesure : ligne filtrée ou coupée",
        "the controller answers no measurement: the line is filtered or down",
    ),
    "rtt-high": ("la ligne est lente à répondre", "the line is slow to answer"),
    "jitter-high": ("le délai de la ligne varie trop", "the line's delay varies too much"),
    "loss-high": ("la ligne perd des paquets", "the line loses packets"),
    "interface-errors": (
        "une interface réseau reçoit des erreurs : vérifiez le câble",
        "a network interface has errors: check the cable",
    ),
    "not-connected": (
        "périphérique non branché : vérifiez son câble",
        "not connected: check its cable",
    ),
    "swapped": (
        "remplacé par un autre : mettez la déclaration à jour",
        "replaced by another: update its declaration",
    ),
    "moved": (
        "branché sur une autre prise que prévu",
        "plugged into another socket than declared",
    ),
    "timed-out": ("la mesure n'a pas répondu à temps", "measuring took too long"),
    "probe-error": ("la mesure a échoué", "measuring failed"),
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
