"""A stage for the engine of alerts: a small fleet whose facts a test sets, and time to pass."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.alerts.alert import Alert, Event, Told
from controller.alerts.book import Book
from controller.alerts.engine import decide
from controller.alerts.facts import (
    ConditionFact,
    DeviceFact,
    KioskFact,
    Quiet,
    Rulebook,
    Step,
    World,
)
from controller.alerts.rules import Rule, parse

#: A Tuesday, at half past nine in Auvergne.
START = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ALWAYS = "24/7"
TOWN_HALL = "Mo-Fr 09:00-12:00,14:00-17:00"
ZONE = "Europe/Paris"
STEPS = (Step(0, ("it",)), Step(3600, ("boss",)))


def rule(key: str, **more: Any) -> Rule:
    """A rule that tells by the default route."""
    given: dict[str, Any] = {
        "key": key,
        "title": {"fr": key, "en": key},
        "match": {"subject": "device", "health": ["failed", "missing"]},
        "severity": "critical",
        "for_s": 300,
        "clear_for_s": 300,
    }
    return parse(given | more)


OFFLINE = rule(
    "offline",
    match={"subject": "presence", "left": "open"},
    for_s=600,
    gathers=["fleet", "provider", "department", "site"],
)
NOT_ON = rule(
    "not-on", match={"subject": "presence", "left": "closed"}, for_s=1500, gathers_as="offline",
    severity="warning",
)  # fmt: skip
SILENT = rule("silent", match={"subject": "silence"}, for_s=7200, when="always")
FAILED = rule("failed")
HUB = rule("hub", match={"subject": "devices"})
AWAY = rule(
    "away", match={"subject": "condition", "conditions": ["broker-away"]}, for_s=60, when="always"
)
RULES = (OFFLINE, NOT_ON, FAILED, HUB, AWAY)


@dataclass(slots=True)
class Stage:
    """A fleet, its alerts, and all that was told of them so far."""

    rules: Iterable[Rule] = RULES
    now: datetime = START
    told: list[tuple[datetime, Alert, Event]] = field(default_factory=list)
    world: World = field(init=False)
    book: Book = field(default_factory=Book)

    def __post_init__(self) -> None:
        self.world = World(Rulebook(self.rules), ZONE, {"default": STEPS})

    def kiosk(self, name: str = "k1", **more: Any) -> None:
        """A kiosk that is online and heard since an hour, with no devices."""
        heard = self.now - HOUR
        fact = KioskFact(
            id=name,
            kind="pvp",
            is_active=True,
            site=name,
            department="63",
            provider="",
            hours=ALWAYS,
            is_online=True,
            presence_since=heard,
            presence_reason="",
            last_heard_at=self.now,
            is_current=True,
        )
        self.world.kiosks[name] = replace(fact, **more)

    def fleet(self, count: int, **more: Any) -> list[str]:
        """So many kiosks of different sites, and one more that has nothing in common with them."""
        names = [f"k{number}" for number in range(1, count + 1)]
        for name in names:
            self.kiosk(name, **{"provider": "Orange", "department": "63"} | more)
        for name in ("other1", "other2", "other3"):
            self.kiosk(name, provider="SFR", department="15")
        return names

    def say(self, name: str = "k1", **changes: Any) -> None:
        """Something is heard of a kiosk just now."""
        changes = {"last_heard_at": self.now} | changes
        self.world.kiosks[name] = replace(self.world.kiosks[name], **changes)

    def dark(self, *names: str) -> None:
        """Their last wills come."""
        for name in names:
            self.say(name, is_online=False, presence_since=self.now, presence_reason="lost")

    def back(self, *names: str, is_current: bool = True) -> None:
        """They connect, and say how they are."""
        for name in names:
            self.say(name, is_online=True, presence_since=self.now, is_current=is_current)

    def device(
        self, device: str, health: str = "failed", *reasons: str, of: str = "k1", **more: Any
    ) -> None:
        """A kiosk says how one of its devices is."""
        old = {one.device: one for one in self.world.kiosks[of].devices}
        values = {"metrics": {}, "since": self.now, "kind": device} | more
        old[device] = DeviceFact(device=device, health=health, reasons=reasons, **values)
        self.say(of, devices=tuple(old.values()))

    def condition(self, *keys: str) -> None:
        """What is amiss with the controller, from now on."""
        self.world.conditions = tuple(ConditionFact(key, "", self.now) for key in keys)
        if not keys:
            self.world.deaf_until = self.now

    def quiet(self, *, is_maintenance: bool, lasts: timedelta, **covers: str) -> None:
        """A silence, or maintenance, from now on."""
        number = len(self.world.quiets) + 1
        fields = {"rule": "", "kind": "", "kiosk": "", "site": "", "department": ""} | covers
        one = Quiet(
            id=number, is_maintenance=is_maintenance, starts_at=self.now,
            ends_at=self.now + lasts, **fields,
        )  # fmt: skip
        self.world.quiets = (*self.world.quiets, one)

    def turn(self) -> int:
        """Evaluate at this instant; how many alerts it changed."""
        decided = decide(self.world, self.book, list(self.world.kiosks), self.now)
        for change in decided.changes:
            self.told += [(self.now, change.after, event) for event in change.events]
        return len(decided.changes)

    def passes(self, time: timedelta, step: timedelta = MINUTE) -> None:
        """Evaluate now, and at each step until then."""
        end = self.now + time
        self.turn()
        while self.now < end:
            self.now = min(end, self.now + step)
            self.turn()

    @property
    def open(self) -> list[str]:
        """Rule and culprit of what has fired and is not over."""
        return [f"{one.rule} {one.culprit}" for one in self.book.all() if one.has_fired]

    @property
    def messages(self) -> list[str]:
        """What somebody was told: event, rule and culprit."""
        return [
            f"{event.name} {alert.rule} {alert.culprit}"
            for _, alert, event in self.told
            if event.tells
        ]

    def events(self, *names: Told) -> list[str]:
        """Rule and culprit of each such event."""
        return [
            f"{alert.rule} {alert.culprit}" for _, alert, event in self.told if event.name in names
        ]

    def alert(self, culprit: str) -> Alert:
        """The open alert of that culprit."""
        (found,) = [one for one in self.book.all() if one.culprit == culprit]
        return found
