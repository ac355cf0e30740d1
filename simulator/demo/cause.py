"""`--cause`: in the demonstration that runs, lines go dark together, to see them told as one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from simulator import outages, region
from simulator.demo.layout import Layout
from simulator.demo.prepare import REAL, REGION
from simulator.errors import DemoError
from simulator.outages import Outage

FOR = timedelta(minutes=10)


class Trouble(StrEnum):
    """What can be caused."""

    PROVIDER = "provider"  # an access provider: all its lines, in several departments
    SITE = "site"  # the line of one building with several kiosks
    NONE = "none"  # what was caused before is over


@dataclass(frozen=True, slots=True)
class Cut:
    """Who loses the line: the culprit's name and its kiosks."""

    name: str
    kiosks: tuple[str, ...]


def cause(layout: Layout, trouble: Trouble, now: datetime) -> str:
    """Cause it in the demonstration of this folder; answers what will be seen, in a sentence.

    Raises DemoError where none runs.
    """
    if not layout.is_in_use():
        raise DemoError(f"no demonstration runs in {layout.folder}: start ./scripts/demo first")
    if trouble is Trouble.NONE:
        outages.write(layout.outages, ())
        return "the lines are whole again: the alert ends by itself within a minute or two"
    cut = choose(region.read(REGION), trouble)
    until = now.astimezone(UTC) + FOR
    outages.write(layout.outages, [Outage(cut.kiosks, until)])
    return (
        f"{cut.name}: the lines of {len(cut.kiosks)} kiosks are cut for "
        f"{FOR.total_seconds() / 60:.0f} minutes. In a minute or two there is one alert, naming it"
    )


def choose(places: tuple[region.Place, ...], trouble: Trouble) -> Cut:
    """The smallest provider of the list, or the first building with several kiosks.

    This machine's own kiosk is never among them: its line is real.
    """
    groups: dict[str, list[region.Place]] = {}
    for place in places:
        name = place.provider if trouble is Trouble.PROVIDER else place.site_name
        groups.setdefault(name, []).append(place)
    fit = {
        name: tuple(place.kiosk for place in members)
        for name, members in groups.items()
        if len(members) > 1 and REAL not in (place.kiosk for place in members)
    }
    name = min(fit, key=lambda name: len(fit[name]))
    return Cut(name, fit[name])
