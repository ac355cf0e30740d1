"""What holds for one kiosk, with the layer that says each value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.configuration import sealed, selectors, validate
from controller.configuration.book import book, chain
from controller.configuration.document import plain
from controller.configuration.merge import Merged
from controller.fleet.models import Kiosk


@dataclass(frozen=True, slots=True)
class Effective:
    """Secrets are masks, but for `stored`, where they are sealed."""

    kiosk: Kiosk
    as_of: int | None
    assigned: int | None
    is_assigned: bool
    is_pending: bool
    merged: Merged  # what the layers say
    stored: Mapping[str, Any]  # the same as stored: to find differences, not to be shown
    document: dict[str, Any]  # the same with all defaults


def of(kiosk_id: str, *, newest: bool = False) -> Effective:
    """As of the revision a kiosk is assigned, or as of the newest. Raises NotFound, Refused."""
    kiosk = selectors.kiosk(kiosk_id)
    row, last = selectors.assignment(kiosk.id), selectors.newest()
    latest = last.pk if last else None
    assigned = row.revision_id if row else None
    as_of = latest if newest or row is None else assigned
    merged = book(as_of, chain(kiosk)).of(kiosk)
    shown = Merged(sealed.masked(merged.document), merged.sources, merged.removed)
    return Effective(
        kiosk=kiosk,
        as_of=as_of,
        assigned=assigned,
        is_assigned=row is not None,
        is_pending=selectors.is_pending(kiosk.id),
        merged=shown,
        stored=merged.document,
        document=plain(validate.whole(shown.document, kiosk.id)),
    )
