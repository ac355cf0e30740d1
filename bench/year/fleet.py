"""The fleet that lives the year: the demo's places, some sharing a roof, each with its line's
provider, its parts and its host's hours."""

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from controller.fleet.hours import is_open
from simulator.parts import EXPERT, PVP, Part

REGION = Path(__file__).parents[2] / "simulator" / "region.csv"
ZONE = ZoneInfo("Europe/Paris")
PROVIDERS = ("Auvergne Fibre", "Orange", "Réseau des communes", "SFR")
SIZE = 102
#: So many kiosks stand three to a site; the others alone, as in the field.
_SHARING = 24
_PER_SITE = 3
_STEP = timedelta(minutes=30)  # hours begin and end at halves


@dataclass(frozen=True, slots=True)
class Member:
    """One kiosk. `stays_on`: nobody switches it off at night."""

    id: str
    kind: str
    site: str
    commune: str
    department: str
    provider: str
    hours: str
    parts: tuple[Part, ...]
    stays_on: bool


def fleet(seed: int) -> tuple[Member, ...]:
    """102 kiosks, the same for the same seed."""
    with REGION.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:SIZE]
    experts = [row for row in rows if row["kind"] == "expert"][:_SHARING]
    roofs = {row["kiosk"]: experts[index - index % _PER_SITE] for index, row in enumerate(experts)}
    return tuple(_member(seed, row, roofs.get(row["kiosk"], row)) for row in rows)


def _member(seed: int, row: dict[str, str], roof: dict[str, str]) -> Member:
    draw = random.Random(f"{seed}/{row['kiosk']}")  # noqa: S311 - a play, not a secret
    parts = PVP if row["kind"] == "pvp" else EXPERT
    return Member(
        id=row["kiosk"],
        kind=row["kind"],
        site=roof["site"],
        commune=roof["commune"],
        department=roof["department"],
        # One line to a site.
        provider=PROVIDERS[int(roof["insee"]) % len(PROVIDERS)],
        hours=roof["opening_hours"],
        parts=tuple(part for part in parts if draw.random() < part.share),
        stays_on=draw.random() < 0.3,
    )


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant to another, both UTC."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Whether `at` is within."""
        return self.start <= at < self.end

    @property
    def length(self) -> timedelta:
        """From start to end."""
        return self.end - self.start


def openings(hours: str, days: Sequence[date]) -> list[list[Span]]:
    """For each day the spans in which a host is open, as its visitors know them."""
    return [_opening(hours, day) for day in days]


def _opening(hours: str, day: date) -> list[Span]:
    midnight = datetime.combine(day, time(), ZONE)
    halves = [midnight.replace(hour=n // 2, minute=n % 2 * 30) for n in range(48)]
    spans: list[Span] = []
    for half in halves:
        if not is_open(hours, half):
            continue
        start = half.astimezone(ZoneInfo("UTC"))
        if spans and spans[-1].end == start:
            spans[-1] = Span(spans[-1].start, start + _STEP)
        else:
            spans.append(Span(start, start + _STEP))
    return spans
