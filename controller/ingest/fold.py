"""What a batch of messages does to the fleet as it was: prior state x messages -> writes. Pure.

Within one epoch a device is as its highest seq says, whatever came last. Between epochs the later
arrival speaks: a kiosk sends its outboxes one after the other.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from contract import topics
from contract.health import DeviceState, Readiness, Verdict
from contract.messages import Durable, Inventory, Outcome, Presence, Report
from controller.commands.files import carries_piece
from controller.ingest.arrivals import KEPT_BYTES, Heard, Unreadable
from controller.ingest.events import Happened, happened
from controller.ingest.stream import Progress

#: Why a kiosk left: `stopping`, `rebooting`, `lost`. What is no keyword stays in its status alone.
_KEYWORD = re.compile(r"[a-z][a-z0-9-]{0,63}")

UNMEASURED = Verdict(Readiness.UNKNOWN)

#: A kiosk's clock may run this much ahead of the controller's before its word is doubted.
CLOCK_LEEWAY = timedelta(minutes=2)


@dataclass(slots=True)
class Live:
    """A kiosk's status; fields as in fleet.models.Status."""

    is_online: bool = False
    session: str = ""
    presence_since: datetime | None = None
    presence_reason: str = ""
    boot_id: str = ""
    agent_version: str = ""
    verdict: Verdict = UNMEASURED
    clock_trusted: bool = True
    born_at: datetime | None = None
    reported_at: datetime | None = None
    inventory: Inventory | None = None  # None where this batch has not spoken of it


class Known(NamedTuple):
    """A device; `measured` is None where this batch has not spoken of it."""

    kind: str
    health: str
    reasons: tuple[str, ...]
    epoch: str
    seq: int
    since: datetime | None = None  # None where health and reasons are as stored
    measured: DeviceState | None = None
    measured_at: datetime | None = None


class Change(NamedTuple):
    """A row of fleet.models.StateChange."""

    kiosk: str
    device: str
    kind: str
    before: str
    after: str
    reasons: tuple[str, ...]
    at: datetime
    clock_trusted: bool
    epoch: str = ""
    seq: int | None = None


@dataclass(slots=True)
class Fleet:
    """The part of the database that a batch speaks of, and what becomes of it.

    `kiosks` are those of the batch that exist. `live`, `devices` and `progress` hold the stored
    rows when the batch begins, and the rows to store once it is folded.
    """

    kiosks: set[str]
    live: dict[str, Live] = field(default_factory=dict)
    devices: dict[str, dict[str, Known]] = field(default_factory=dict)
    progress: dict[tuple[str, str], Progress] = field(default_factory=dict)

    stored: list[Heard] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    rejected: list[Unreadable] = field(default_factory=list)
    duplicates: int = 0

    def fold(self, heard: Iterable[Heard], broken: Iterable[Unreadable], now: datetime) -> None:
        """Take a batch in."""
        for item in heard:
            if item.kiosk in self.kiosks:
                self._take(item, now)
            else:
                self._reject_stranger(item)
        for unreadable in broken:
            if self._is_repeated(unreadable):
                self.duplicates += 1
            else:
                self.rejected.append(unreadable)

    def _is_repeated(self, item: Unreadable) -> bool:
        """Whether it was dealt with before; one without a place can not be told."""
        if item.place is None or item.kiosk not in self.kiosks:
            return False
        progress = self._progress(item.kiosk, item.place.epoch)
        return not progress.accept(item.place.seq, item.place.floor)

    def _reject_stranger(self, item: Heard) -> None:
        topic = topics.build(item.kiosk, item.channel)
        error = f"kiosk is {item.kiosk}, which is not in the fleet: import it, or revoke it"
        self.rejected.append(Unreadable(topic, item.payload[:KEPT_BYTES], error))

    def _take(self, item: Heard, now: datetime) -> None:
        message = item.message
        live = self.live.setdefault(item.kiosk, Live())
        if isinstance(message, Report | Outcome):
            if not self._progress(item.kiosk, message.epoch).accept(message.seq, message.floor):
                self.duplicates += 1
                return
            if not carries_piece(message):  # a file's part is kept with its command, once
                self.stored.append(item)
            if isinstance(message, Report):
                self._report(item.kiosk, live, message, now)
            else:
                self.outcomes.append((item.kiosk, message))
        elif isinstance(message, Presence):
            self._presence(item.kiosk, live, message, now)
        elif isinstance(message, Inventory):
            live.inventory = message

    def _progress(self, kiosk: str, epoch: str) -> Progress:
        return self.progress.setdefault((kiosk, epoch), Progress())

    def _presence(self, kiosk: str, live: Live, said: Presence, now: datetime) -> None:
        if not said.is_online and said.session != live.session:
            return  # the will of a session that a newer birth has replaced
        if said.is_online != live.is_online or live.presence_since is None:
            before = "" if live.presence_since is None else _presence_word(live.is_online)
            after = _presence_word(said.is_online)
            why = () if said.is_online or not _KEYWORD.fullmatch(said.reason) else (said.reason,)
            self.changes.append(Change(kiosk, "", "presence", before, after, why, now, True))
            live.presence_since = now
        if said.is_online and (said.session != live.session or live.born_at is None):
            live.born_at = said.at
        live.is_online, live.session = said.is_online, said.session
        live.presence_reason = said.reason
        live.boot_id, live.agent_version = said.boot_id, said.agent_version

    def _report(self, kiosk: str, live: Live, report: Report, now: datetime) -> None:
        known = self.devices.setdefault(kiosk, {})
        if report.events:
            self.events += happened(kiosk, report)
        is_newest = True
        for state in report.devices:
            old = known.get(state.id)
            if old and old.epoch == report.epoch and old.seq > report.seq:
                is_newest = False
                continue
            since = old.since if old else None
            if old is None or old.health != state.health or old.reasons != state.reasons:
                since = _happened_at(report, now)
                self.changes.append(_change(kiosk, state.id, old, state, report))
            known[state.id] = Known(
                state.kind,
                state.health,
                state.reasons,
                report.epoch,
                report.seq,
                since,
                state,
                report.at,
            )
        if is_newest:
            self._forget(kiosk, report, known)
            live.verdict = report.verdict
            if _is_of_now(report, live, now):
                live.reported_at = now
            live.clock_trusted, live.boot_id = report.clock_trusted, report.boot_id

    def _forget(self, kiosk: str, report: Report, known: dict[str, Known]) -> None:
        """Drop devices that are no more: said so, or left out of a full report."""
        gone = set(report.removed)
        if report.is_full:
            gone |= known.keys() - {state.id for state in report.devices}
        for device in sorted(gone & known.keys()):
            old = known.pop(device)
            self.changes.append(_change(kiosk, device, old, None, report))
            self.removed.append((kiosk, device))


def _change(
    kiosk: str, device: str, old: Known | None, new: DeviceState | None, report: Report
) -> Change:
    """From `old`, None where it was not known, to `new`, None where it is no more."""
    spoken_of = new or old
    return Change(
        kiosk,
        device,
        spoken_of.kind if spoken_of else "",
        old.health if old else "",
        new.health if new else "",
        new.reasons if new else (),
        report.at,
        report.clock_trusted,
        report.epoch,
        report.seq,
    )


def _is_of_now(report: Report, live: Live, now: datetime) -> bool:
    """Whether a report tells how the kiosk is, and not how it was while nobody heard it.

    Made since this session began, both by the kiosk's clock; or just now, should that clock have
    been set in between. Of a clock that is not trusted only the boot can be told.
    """
    if live.born_at is not None and report.at >= live.born_at:
        return True
    if not report.clock_trusted:
        return report.boot_id == live.boot_id
    return abs(now - report.at) <= CLOCK_LEEWAY


def _presence_word(is_online: bool) -> str:
    return "online" if is_online else "offline"


def _happened_at(message: Durable, now: datetime) -> datetime:
    """When it happened: by the kiosk's clock, unless that is doubtful."""
    is_credible = message.clock_trusted and message.at <= now + CLOCK_LEEWAY
    return min(message.at, now) if is_credible else now
