"""What a rule would have done: the last days of the history, through the same engine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from controller.alerts import past, reading, timers
from controller.alerts.agenda import Agenda
from controller.alerts.alert import Alert, Change, Told
from controller.alerts.book import Book
from controller.alerts.engine import decide
from controller.alerts.facts import Rulebook, World
from controller.alerts.past import Past
from controller.alerts.rules import Rule, Subject

#: So many are shown of what would have fired, the newest first.
EXAMPLES = 10
#: The name of what belongs to no single kiosk.
_APART = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One alert that would have fired; `kiosks` are its members where several had the cause."""

    fired_at: datetime
    resolved_at: datetime | None
    cause: str
    culprit: str
    kiosks: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """How often a rule would have fired in so many days, and what of that is only about so."""

    days: int
    count: int
    examples: tuple[Example, ...]
    approximations: tuple[str, ...]


def fires(rule: Rule, days: int, now: datetime) -> Preview:
    """Replay the last `days` under this rule alone. Reads the history, writes nothing."""
    if rule.match.subject in (Subject.SILENCE, Subject.CONDITION, Subject.DEVICES):
        return Preview(days, 0, (), (_unknowable(rule),))
    story = past.read(rule, days, now)
    fired = list(_replay(_alone(rule), story, now))
    return Preview(days, len(fired), tuple(fired[::-1][:EXAMPLES]), _approximations(rule, story))


def _alone(rule: Rule) -> Rule:
    """The rule as it gathers, whatever rule its wider causes would be named after."""
    if not rule.gathers_as:
        return msgspec.structs.replace(rule, is_enabled=True)
    named = next((one for one in reading.rules() if one.key == rule.gathers_as), None)
    gathers = named.gathers if named else ()
    return msgspec.structs.replace(rule, is_enabled=True, gathers_as="", gathers=gathers)


def _replay(rule: Rule, story: Past, now: datetime) -> Iterator[Example]:
    """Each alert that would have fired, in the order of their begin."""
    given = reading.settings(now)
    world = World(Rulebook([rule]), settings.TIME_ZONE, kiosks=dict(story.kiosks))
    world.quiets = tuple(quiet for quiet in given.quiets if quiet.is_maintenance)
    play = _Play(world)
    play.look(set(world.kiosks), story.start)
    for at, facts in story.moments():
        play.until(at)
        world.kiosks.update(facts)
        play.look(set(facts), at)
    play.until(now)
    yield from play.examples()


class _Play:
    def __init__(self, world: World) -> None:
        self._world = world
        self._book = Book()
        self._agenda = Agenda()
        self._fired: dict[tuple[str, datetime], tuple[Alert, datetime | None]] = {}

    def until(self, end: datetime) -> None:
        while (at := self._agenda.soonest) is not None and at <= end:
            names = self._agenda.take(at)
            self.look(set(self._world.kiosks) if _APART in names else names, at)

    def look(self, names: set[str], now: datetime) -> None:
        decided = decide(self._world, self._book, names, now)
        self._agenda.note(decided.due)
        ends = [decided.apart_due, timers.quiets(self._world, now)]
        self._agenda.note({_APART: min((at for at in ends if at is not None), default=None)})
        self._keep(decided.changes)

    def examples(self) -> Iterator[Example]:
        for (_key, fired_at), (alert, resolved_at) in sorted(
            self._fired.items(), key=lambda item: item[0][1]
        ):
            yield Example(
                fired_at,
                resolved_at,
                str(alert.cause),
                alert.culprit,
                tuple(sorted(alert.joined)),
                alert.reasons,
            )

    def _keep(self, changes: Sequence[Change]) -> None:
        for change in changes:
            alert = change.after
            if alert.fired_at is None:
                continue
            key = (alert.fingerprint, alert.fired_at)
            if any(event.name is Told.FIRED for event in change.events) or key in self._fired:
                self._fired[key] = (alert, alert.resolved_at)


def _approximations(rule: Rule, story: Past) -> tuple[str, ...]:
    found = [_("Sites, opening hours and required devices are taken as they are today.")]
    if rule.match.subject is Subject.METRIC:
        found.append(_("Hourly means stand for the single readings; shorter peaks are not seen."))
    if rule.match.subject is not Subject.PRESENCE:
        found.append(_("Other rules are left out: a graver one may speak in its place."))
    if story.is_cut:
        found.append(_("The history is longer than can be replayed: only its end is."))
    return tuple(found)


def _unknowable(rule: Rule) -> str:
    if rule.match.subject is Subject.SILENCE:
        return _("When each kiosk was last heard is not kept, so this cannot be replayed.")
    if rule.match.subject is Subject.DEVICES:
        return _("It joins the alerts of other rules, so it cannot be replayed by itself.")
    return _("What was amiss with the controller is not kept, so this cannot be replayed.")
