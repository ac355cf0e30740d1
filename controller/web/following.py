"""What open pages follow: kiosks that were touched, and alerts to which something happened."""

from datetime import datetime

from controller.alerts.models import AlertEvent
from controller.fleet import selectors

#: An alert of no single kiosk wakes the pages that follow everything.
NO_KIOSK = "-"
#: Events are added in the order of their ids, so the last ones are found without an index by time.
_LAST = 100


def touched_since(moment: datetime | None) -> dict[str, datetime]:
    """Kiosk ids of which something was heard or alerted after `moment`, and when. None: all."""
    found = selectors.touched_since(moment)
    for at, kiosk in _latest():
        if moment is None or at > moment:
            name = kiosk or NO_KIOSK
            found[name] = max(at, found.get(name, at))
    return found


def cursor() -> datetime | None:
    """When something last happened that a page would show."""
    moments = [selectors.latest_touch(), *(at for at, _kiosk in _latest()[:1])]
    return max((one for one in moments if one), default=None)


def _latest() -> list[tuple[datetime, str | None]]:
    rows = AlertEvent.objects.order_by("-id").values_list("at", "alert__kiosk_id")[:_LAST]
    return list(rows)
