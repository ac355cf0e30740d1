"""What the pages read of the fleet."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, Q
from django.utils import timezone

from contract.health import Health
from controller.errors import NotFound
from controller.fleet.equipment import Equipment, equipment
from controller.fleet.models import (
    Device,
    DeviceEvent,
    Kiosk,
    KioskKind,
    Lifecycle,
    Service,
    StateChange,
    Status,
)
from controller.fleet.standing import Standing, since, standing
from controller.fleet.visits import SESSION, Visit, visit

PAGE_ROWS = 150

_WORST_FIRST = (Health.FAILED, Health.MISSING, Health.UNKNOWN, Health.DEGRADED, Health.OK)
_HEALTH_RANK = {str(health): rank for rank, health in enumerate(_WORST_FIRST)}


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of the fleet is asked for. Empty: all of it."""

    department: str = ""
    kind: str = ""
    standing: str = ""
    text: str = ""
    page: int = 1

    @property
    def are_set(self) -> bool:
        """Whether anything is left out."""
        return bool(self.department or self.kind or self.standing or self.text)


@dataclass(frozen=True, slots=True)
class Row:
    """One kiosk in a list."""

    kiosk: Kiosk
    status: Status | None
    standing: Standing
    since: datetime | None = None
    devices: tuple[Device, ...] = ()  # those that its standing is because of
    unmeasured: tuple[str, ...] = ()  # and the ids of those that it never spoke of
    visit: Visit | None = None  # a citizen is there now


@dataclass(frozen=True, slots=True)
class Count:
    """How many kiosks in service, and how many of them can receive a citizen now."""

    can_receive: int
    total: int


@dataclass(frozen=True, slots=True)
class FleetView:
    """The fleet page. Counts are of the department, kind and text asked for."""

    cursor: datetime | None  # what was touched up to here is in this view
    filters: Filters
    departments: tuple[str, ...]
    all: Count
    by_kind: dict[str, Count]
    by_standing: dict[Standing, int]
    needing_hand: tuple[Row, ...]
    others: tuple[Row, ...]
    page_count: int
    total: int  # kiosks of any lifecycle but retired, whatever the filters


@dataclass(frozen=True, slots=True)
class KioskView:
    """The kiosk page."""

    cursor: datetime | None
    row: Row
    is_current: bool  # whether what is shown of its devices is known now
    devices: tuple[Device, ...]
    changes: tuple[StateChange, ...]
    events: tuple[DeviceEvent, ...]
    equipment: Equipment
    services: tuple[Service, ...]


def fleet(filters: Filters, now: datetime) -> FleetView:
    """The fleet at `now`, those who need a hand first. Three queries, whatever its size."""
    cursor = latest_touch()
    rows = _rows(now)
    scope = [row for row in rows if _is_in_scope(row.kiosk, filters)]
    wanted = [row for row in scope if not filters.standing or row.standing == filters.standing]
    wanted.sort(key=lambda row: (row.standing.rank, row.kiosk.site.commune, row.kiosk.pk))
    page_count = max(1, -(-len(wanted) // PAGE_ROWS))
    page = min(max(1, filters.page), page_count)
    shown = _explained(wanted[(page - 1) * PAGE_ROWS : page * PAGE_ROWS])
    in_service = [row for row in scope if row.standing is not Standing.ASIDE]
    return FleetView(
        cursor=cursor,
        filters=filters,
        departments=tuple(sorted({row.kiosk.site.department for row in rows})),
        all=_count(in_service),
        by_kind={
            kind.value: _count([row for row in in_service if row.kiosk.kind == kind])
            for kind in KioskKind
        },
        by_standing=dict(Counter(row.standing for row in scope)),
        needing_hand=tuple(row for row in shown if row.standing.needs_hand),
        others=tuple(row for row in shown if not row.standing.needs_hand),
        page_count=page_count,
        total=len(rows),
    )


def kiosk(kiosk_id: str, now: datetime, changes: int = 20) -> KioskView:
    """One kiosk at `now` with its last `changes`, and as many events. Raises NotFound."""
    cursor = latest_touch()
    try:
        found = Kiosk.objects.select_related("site", "status").get(pk=kiosk_id)
    except Kiosk.DoesNotExist as err:
        raise NotFound(f"there is no kiosk {kiosk_id[:63]!r}") from err
    row = _row(found, now)
    devices = sorted(
        found.devices.all(), key=lambda device: (_HEALTH_RANK[device.health], device.device)
    )
    return KioskView(
        cursor=cursor,
        row=_explained_by(row, devices),
        is_current=row.status is not None
        and row.status.is_online
        and row.standing is not Standing.SILENT,
        devices=tuple(devices),
        changes=tuple(found.changes.all()[:changes]),
        events=tuple(found.events.all()[:changes]),
        equipment=equipment(row.status.inventory if row.status else {}, devices),
        services=tuple(found.services.all()),
    )


def latest_touch() -> datetime | None:
    """When the fleet last changed in a way that pages show."""
    found: datetime | None = Status.objects.aggregate(latest=Max("touched_at"))["latest"]
    return found


def touched_since(moment: datetime | None) -> dict[str, datetime]:
    """Kiosk ids touched after `moment`, and when. None: all."""
    rows = Status.objects.all() if moment is None else Status.objects.filter(touched_at__gt=moment)
    return dict(rows.values_list("kiosk_id", "touched_at"))


def _rows(now: datetime) -> list[Row]:
    kiosks = (
        Kiosk.objects.exclude(lifecycle=Lifecycle.RETIRED)
        .select_related("site", "status")
        .defer("status__inventory")
    )
    return [_row(kiosk, now) for kiosk in kiosks]


def _row(kiosk: Kiosk, now: datetime) -> Row:
    status: Status | None = getattr(kiosk, "status", None)
    where = standing(kiosk, status, now, timezone.localtime(now))
    return Row(kiosk, status, where, since(where, status, ()))


def _explained(rows: Sequence[Row]) -> list[Row]:
    unwell = [row.kiosk.pk for row in rows if row.standing.needs_hand and row.status]
    heard = [row.kiosk.pk for row in rows if row.status]
    devices: dict[str, list[Device]] = {}
    for device in Device.objects.filter(Q(kiosk__in=unwell) | Q(kiosk__in=heard, kind=SESSION)):
        devices.setdefault(device.kiosk_id, []).append(device)
    return [_explained_by(row, devices.get(row.kiosk.pk, ())) for row in rows]


def _explained_by(row: Row, devices: Sequence[Device]) -> Row:
    if row.status is None or row.standing in (Standing.OFFLINE, Standing.ASLEEP, Standing.SILENT):
        return row
    because = tuple(device for device in devices if device.device in row.status.because)
    known = {device.device for device in because}
    return replace(
        row,
        visit=visit(row.status, devices) if row.status.is_online else None,
        since=since(row.standing, row.status, because),
        devices=because,
        unmeasured=tuple(name for name in row.status.because if name not in known),
    )


def _count(rows: Sequence[Row]) -> Count:
    return Count(sum(row.standing.can_receive for row in rows), len(rows))


def _is_in_scope(kiosk: Kiosk, filters: Filters) -> bool:
    if filters.department and kiosk.site.department != filters.department:
        return False
    if filters.kind and kiosk.kind != filters.kind:
        return False
    if not filters.text:
        return True
    text = _plain(f"{kiosk.pk} {kiosk.label} {kiosk.site.commune} {kiosk.site.name}")
    return all(_plain(term) in text for term in filters.text.split())


def _plain(text: str) -> str:
    """Without case or accents: nobody types `Saint-Éloy-les-Mines` in full.

    >>> _plain("Éloy-les-Mines")
    'eloy les mines'
    """
    bare = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return "".join(char for char in bare if not unicodedata.combining(char)).replace("-", " ")
