"""The open alerts, and what a turn has done to them so far."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from controller.alerts.alert import Alert, Change, Event


class Book:
    """Open alerts by fingerprint. Each turn works on it, then takes its changes out."""

    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._open: dict[str, Alert] = {}
        self._apart: set[str] = set()
        self._of_kiosk: dict[str, set[str]] = {}
        self._member_of: dict[str, set[str]] = {}
        self._before: dict[str, Alert | None] = {}
        self._after: dict[str, Alert] = {}
        self._events: dict[str, list[Event]] = {}
        self._closed: list[Change] = []
        for alert in alerts:
            self._place(alert)

    def get(self, fingerprint: str) -> Alert | None:
        """The open alert of this fingerprint."""
        return self._open.get(fingerprint)

    def all(self) -> list[Alert]:
        """Every open alert, in the order of their fingerprints."""
        return [self._open[key] for key in sorted(self._open)]

    def of_kiosk(self, kiosk: str) -> list[Alert]:
        """Those whose culprit is this kiosk, or a device of it."""
        return [self._open[key] for key in sorted(self._of_kiosk.get(kiosk, ()))]

    def wide_of(self, kiosk: str) -> list[Alert]:
        """Those of a wider cause which this kiosk has now."""
        return [self._open[key] for key in sorted(self._member_of.get(kiosk, ()))]

    def apart(self) -> Iterator[Alert]:
        """Those of no single kiosk: of a wider cause, or of the controller."""
        return (self._open[key] for key in sorted(self._apart))

    def put(self, alert: Alert, *events: Event) -> Alert:
        """Begin an alert, change it or end it."""
        key = alert.fingerprint
        if key not in self._before:
            self._before[key] = self._open.get(key)
        self._remove(key)
        if alert.is_open:
            self._place(alert)
        self._after[key] = alert
        self._events.setdefault(key, []).extend(events)
        if not alert.is_open:
            self._close(key)
        return alert

    def change(self, alert: Alert, *events: Event, **values: Any) -> Alert:
        """The same with other values; nothing is noted when nothing is new."""
        after = replace(alert, **values)
        return alert if after == alert and not events else self.put(after, *events)

    def take(self) -> tuple[Change, ...]:
        """What was changed since the last time, each alert once; the oldest first."""
        for key in list(self._before):
            self._close(key)
        taken, self._closed = self._closed, []
        return tuple(taken)

    def stored(self, ids: dict[str, int]) -> None:
        """Note the ids that new alerts were given."""
        for key, number in ids.items():
            if key in self._open:
                self._open[key] = replace(self._open[key], id=number)

    def _close(self, key: str) -> None:
        before, after = self._before.pop(key), self._after.pop(key)
        events = tuple(self._events.pop(key))
        if events or before != after:
            self._closed.append(Change(before, after, events))

    def _place(self, alert: Alert) -> None:
        self._open[alert.fingerprint] = alert
        if alert.kiosk:
            self._of_kiosk.setdefault(alert.kiosk, set()).add(alert.fingerprint)
        else:
            self._apart.add(alert.fingerprint)
        for kiosk in alert.members:
            self._member_of.setdefault(kiosk, set()).add(alert.fingerprint)

    def _remove(self, key: str) -> None:
        old = self._open.pop(key, None)
        if old is None:
            return
        self._apart.discard(key)
        for index, names in ((self._of_kiosk, {old.kiosk}), (self._member_of, old.members)):
            for name in names:
                kept = index.get(name, set())
                kept.discard(key)
                if not kept:
                    index.pop(name, None)
