"""The inventories of the kiosks in service, as read."""

from collections.abc import Iterator
from typing import Any

from controller.fleet.models import Kiosk, Lifecycle
from controller.metrics.glpi import inventory


def inventories(kiosk: str | None = None) -> Iterator[dict[str, Any]]:
    """One GLPI document a kiosk, by id; of one kiosk alone where it is named. Three queries."""
    found = (
        Kiosk.objects.exclude(lifecycle=Lifecycle.RETIRED)
        .select_related("site", "status")
        .prefetch_related("devices")
    )
    if kiosk is not None:
        found = found.filter(pk=kiosk)
    for one in found:
        yield inventory(one, getattr(one, "status", None), one.devices.all())
