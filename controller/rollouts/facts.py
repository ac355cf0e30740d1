"""How the kiosks of a rollout are now, read at once for all of them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef

from controller.configuration.book import Book, book
from controller.configuration.document import Maintenance
from controller.configuration.models import Assignment
from controller.fleet.models import Device, Kiosk, Status
from controller.rollouts import checkups
from controller.rollouts.health import Seen
from controller.rollouts.plan import Answer, Facts, Target
from controller.rollouts.results import Outcome, read
from controller.rollouts.windows import is_open
from controller.salt.models import MinionKey, Return


def gather(
    targets: Collection[Target], windowed: Collection[str], now: datetime
) -> dict[str, Facts]:
    """Of each target's kiosk; whether it is in its window only for those of `windowed`."""
    kiosks = [target.kiosk for target in targets]
    devices, occupied = _devices(kiosks)
    windows = open_windows(windowed, now)
    answers = _answers(targets)
    heard = _heard(kiosks)
    online = set(Status.objects.filter(pk__in=kiosks, is_online=True).values_list("pk", flat=True))
    keys = MinionKey.objects.filter(kiosk__in=kiosks, ended_at=None).exclude(laid_at=None)
    keyed = set(keys.values_list("kiosk_id", flat=True))
    return {
        kiosk: Facts(
            is_online=kiosk in online,
            has_key=kiosk in keyed,
            is_in_session=kiosk in online and kiosk in occupied,
            is_in_window=windows.get(kiosk, True),
            heard_at=heard.get(kiosk),
            devices=devices.get(kiosk, {}),
            answer=answers.get(kiosk),
        )
        for kiosk in kiosks
    }


def _heard(kiosks: Collection[str]) -> dict[str, datetime]:
    """When each agent last said how all is: by a report, or by a check-up that it was asked for."""
    rows = Status.objects.filter(pk__in=kiosks).values_list("pk", "reported_at")
    heard = {kiosk: at for kiosk, at in rows if at is not None}
    for kiosk, at in checkups.done_since(kiosks).items():
        heard[kiosk] = max(at, heard.get(kiosk, at))
    return heard


def open_windows(kiosks: Collection[str], now: datetime) -> dict[str, bool]:
    """Whether each may be worked on now, by the configuration that it is assigned."""
    if not kiosks:
        return {}
    given = dict(Assignment.objects.filter(pk__in=kiosks).values_list("pk", "revision_id"))
    books: dict[int | None, Book] = {}
    found = {}
    for kiosk in Kiosk.objects.select_related("site").filter(pk__in=kiosks):
        number = given.get(kiosk.pk)
        if number not in books:
            books[number] = book(number)
        found[kiosk.pk] = _is_open(books[number].of(kiosk).document, now)
    return found


def occupied_among(kiosks: Collection[str]) -> set[str]:
    """Those where a citizen is, as far as a connected kiosk says."""
    is_online = Exists(Status.objects.filter(pk=OuterRef("kiosk_id"), is_online=True))
    rows = Device.objects.filter(is_online, kiosk__in=kiosks, kind="session")
    return {kiosk for kiosk, facts in rows.values_list("kiosk_id", "facts") if _in_session(facts)}


def _devices(kiosks: Collection[str]) -> tuple[dict[str, dict[str, Seen]], set[str]]:
    rows = Device.objects.filter(kiosk__in=kiosks).order_by()
    devices: dict[str, dict[str, Seen]] = {}
    occupied = set()
    for kiosk, device, kind, health, since, facts in rows.values_list(
        "kiosk_id", "device", "kind", "health", "since", "facts"
    ):
        devices.setdefault(kiosk, {})[device] = Seen(health, since)
        if kind == "session" and _in_session(facts):
            occupied.add(kiosk)
    return devices, occupied


def _in_session(facts: Mapping[str, Any]) -> bool:
    return facts.get("in_session") is True


def _answers(targets: Collection[Target]) -> dict[str, Answer]:
    jids = {target.kiosk: target.jid for target in targets if target.jid}
    rows = Return.objects.filter(jid__in=set(jids.values()), kiosk__in=jids)
    return {row.kiosk_id: answer(row) for row in rows if jids.get(row.kiosk_id) == row.jid}


def answer(row: Return) -> Answer:
    """A stored return, read."""
    result = read(row.body, row.retcode)
    is_whole = result.outcome in (Outcome.OK, Outcome.DRIFTED) or not row.has_succeeded
    outcome = result.outcome if is_whole else Outcome.FAILED
    return Answer(outcome, row.received_at, result.detail, result.told())


def _is_open(document: Mapping[str, Any], now: datetime) -> bool:
    """Layers were validated when they were written; the rest of a document is not of interest."""
    window = msgspec.convert(document.get("maintenance", {}), Maintenance)
    zone = document.get("time", {}).get("zone", "Europe/Paris")
    return is_open(window, str(zone), now)
