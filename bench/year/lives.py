"""What a year is made of: each kiosk's life with all that befalls it, and the truth. Data only."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec

from bench.year.fleet import Member, Span
from bench.year.truth import Truth
from contract.health import Health


@dataclass(frozen=True, slots=True)
class Ailment:
    """A device is unwell for a while."""

    span: Span
    device: str
    health: Health
    reason: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A kiosk is in maintenance, or silenced."""

    span: Span
    is_silence: bool


@dataclass(slots=True)
class Life:
    """One kiosk's year."""

    member: Member
    opens: list[list[Span]]
    powered: list[Span] = field(default_factory=list)
    cuts: list[Span] = field(default_factory=list)  # of its line; the kiosk itself runs on
    ailments: list[Ailment] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    wrong_clock: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Story:
    """The lives, the broker's own dark spells, and the truth."""

    lives: tuple[Life, ...]
    broker: tuple[Span, ...]
    truth: Truth

    def until(self, days: int) -> "Story":
        """Only the first days of it."""
        last = self.truth.first + timedelta(days=days)
        return replace(self, truth=msgspec.structs.replace(self.truth, last=last))
