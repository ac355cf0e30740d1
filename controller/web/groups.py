"""A kiosk's devices in an order to be read: what is amiss first, the rest by what it is for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contract.health import Health
from controller.fleet.models import Device

_AMISS = _("To be looked at")
_OTHERS = _("Others")
#: In each, what a citizen misses first comes first.
_GROUPS: Mapping[str | Promise, tuple[str, ...]] = {
    _("To see and hear each other"): (
        "camera",
        "microphone",
        "speakers",
        "handset",
        "screen",
        "touchscreen",
        "application",
        "session",
    ),
    _("Documents and cards"): (
        "printer",
        "scanner",
        "receipt-printer",
        "barcode-reader",
        "card-reader",
    ),
    _("The line"): ("network", "wifi", "modem", "video-platform"),
    _("The machine"): ("system", "storage", "ups", "usb", "agent"),
}
_PLACES = {
    kind: (place, within)
    for place, kinds in enumerate(_GROUPS.values())
    for within, kind in enumerate(kinds)
}
_LAST = (len(_GROUPS), 0)


@dataclass(frozen=True, slots=True)
class Group:
    """Devices under one heading."""

    title: str
    devices: tuple[Device, ...]


def groups(devices: Iterable[Device]) -> list[Group]:
    """All of `devices`, which come worst first, under headings that hold at least one."""
    listed = list(devices)
    amiss = tuple(device for device in listed if device.health != Health.OK)
    well = sorted((device for device in listed if device.health == Health.OK), key=_place)
    titles = [str(title) for title in (*_GROUPS, _OTHERS)]
    found = [Group(str(_AMISS), amiss)]
    found += [
        Group(title, tuple(device for device in well if _place(device)[0][0] == place))
        for place, title in enumerate(titles)
    ]
    return [group for group in found if group.devices]


def _place(device: Device) -> tuple[tuple[int, int], str]:
    return _PLACES.get(device.kind, _LAST), device.device
