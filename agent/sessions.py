"""Says when a visit began and ended: once each, whatever restarts in between."""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from agent.errors import StoreError
from agent.outbox import Outbox
from agent.spool import Build, Rank
from contract.events import EventName
from contract.health import DeviceState
from contract.messages import Event

_KEY = "session-said"


class Said(Struct, frozen=True):
    """The beginnings of the last visit said to have begun, and of the last said to have ended."""

    begun: str = ""
    ended: str = ""


class Sessions:
    """Turns what the session's device says into events. What was said is kept beside them."""

    def __init__(self, outbox: Outbox, report: Callable[[tuple[Event, ...]], Build]) -> None:
        self._outbox, self._report = outbox, report
        self._said: Said | None = None

    def follow(self, states: Iterable[DeviceState]) -> bool:
        """Take in what a probe found; whether there is now something to send."""
        device = next((one for one in states if one.kind == "session"), None)
        if device is None:
            return False
        if self._said is None:
            self._said = self._load()
        events, said = news(self._said, device)
        if not events:
            return False
        self._said = said
        build = self._report(events)
        try:
            self._outbox.push_on_disk(build, Rank.CHANGE, also=lambda: self._keep(said))
        except StoreError:  # in memory then, as everything is said on such a disk
            self._outbox.push(build, Rank.CHANGE)
        return True

    def _load(self) -> Said:
        try:
            kept = self._outbox.disk().rows("SELECT value FROM meta WHERE key = ?", _KEY)
        except StoreError:
            return Said()
        return Said(*msgspec.json.decode(kept[0][0])) if kept else Said()

    def _keep(self, said: Said) -> None:
        told = msgspec.json.encode([said.begun, said.ended]).decode()
        self._outbox.disk().rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", _KEY, told)


def news(said: Said, device: DeviceState) -> tuple[tuple[Event, ...], Said]:
    """What is to be said of a session that is as in `device`, and what will then have been.

    A visit that went by unheard is said to have begun and ended.
    """
    events: list[Event] = []
    past, current = device.facts.get("last_began_at"), device.facts.get("began_at")
    if isinstance(past, str) and past != said.ended:
        if past != said.begun:
            events.append(Event(EventName.SESSION_STARTED, device.id, {"at": past}))
        events.append(_ended(device, past))
        said = Said(past, past)
    if isinstance(current, str) and current != said.begun:
        events.append(Event(EventName.SESSION_STARTED, device.id, {"at": current}))
        said = Said(current, said.ended)
    return tuple(events), said


def _ended(device: DeviceState, began_at: str) -> Event:
    facts = {"began_at": began_at, "duration_s": device.facts.get("last_duration_s", 0.0)}
    if device.facts.get("last_is_cut_short") is True:
        facts["is_cut_short"] = True
    return Event(EventName.SESSION_ENDED, device.id, facts)
