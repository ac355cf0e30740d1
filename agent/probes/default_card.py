"""Which card programs use that name none: what ALSA's configuration says.

/etc/asound.conf, either of:
    defaults.pcm.card PCH            (or its number)
    pcm.!default { type hw card 1 }  (or slave.pcm "hw:PCH")
Without that, card 0. A sound server (PulseAudio, PipeWire) has a choice of its own, which its
user alone may ask for: where one runs, nothing is said.
"""

import re
from pathlib import Path

from msgspec import Struct

from agent.probes.alsa import Card
from agent.probes.finding import Finding
from contract.health import Health

NOT_DEFAULT = "not-default"
_CONF = Path("/etc/asound.conf")
_SERVERS = ("run/user/*/pulse/native", "run/user/*/pipewire-0", "run/pulse/native")
_NAME = r"[\s=]+\"?([\w-]+)\"?"
_CHOICES = (
    re.compile(r"^\s*defaults\.pcm\.!?card" + _NAME, re.M),
    re.compile(r"pcm\.!default\s*(?:=\s*)?\{[^}]*?\bcard" + _NAME),
    re.compile(r"pcm\.!default[^}]*?\"(?:plug)?hw:(?:CARD=)?([\w-]+)"),
)


class Default(Struct, frozen=True):
    """The id or number of the default card; empty when it cannot be told, and why."""

    card: str
    why: str = ""


def read(root: Path = Path("/"), conf: Path | None = None) -> Default:
    """What this kiosk's programs use."""
    if any(next(root.glob(pattern), None) for pattern in _SERVERS):
        return Default("", "a sound server chooses")
    try:
        return parse((conf or _CONF).read_text())
    except FileNotFoundError:
        return Default("0")
    except OSError as err:
        return Default("", f"asound.conf: {err.strerror}")


def parse(conf: str) -> Default:
    """What asound.conf chooses.

    >>> parse('defaults.pcm.card PCH').card, parse('').card
    ('PCH', '0')
    >>> parse('pcm.!default { type plug slave.pcm "hw:1,0" }').card
    '1'
    """
    text = re.sub(r"#.*", "", conf)
    for choice in _CHOICES:
        found = choice.search(text)
        if found:
            return Default(found[1])
    is_unknown = "pcm.!default" in text or "pcm.default" in text
    return Default("", "asound.conf is not understood") if is_unknown else Default("0")


def judge(card: Card, default: Default) -> Finding:
    """Whether it is this card. What cannot be told is no fault, and is said."""
    if not default.card:
        return Finding(facts={"default": default.why})
    if default.card in (card.id, str(card.number)):
        return Finding(facts={"default": True})
    return Finding(Health.FAILED, (NOT_DEFAULT,), {}, {"default": False})
