"""What a kiosk must have, beside what it has."""

from typing import Any

from controller.fleet.equipment import Item, Presence, equipment
from controller.fleet.models import Device


def device(name: str, health: str = "ok", *reasons: str, **facts: Any) -> Device:
    return Device(
        device=name, kind=name.partition(":")[0], health=health, reasons=list(reasons), facts=facts
    )


def inventory(*ids: str, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    rows = [{"id": name, "kind": name, "is_required": name not in optional} for name in ids]
    return {"declared": rows}


def seen(items: tuple[Item, ...]) -> dict[str, Presence]:
    return {item.id: item.presence for item in items}


def test_each_declared_peripheral_is_there_or_said_to_be_amiss() -> None:
    found = equipment(
        inventory("camera", "scanner", "printer", "handset", "ups", optional=("ups",)),
        [
            device("camera"),
            device("scanner", "missing", "not-connected"),
            device("printer", "degraded", "swapped"),
            device("handset", "degraded", "muted", "moved"),
        ],
    )
    assert seen(found.declared) == {
        "camera": Presence.THERE,
        "scanner": Presence.MISSING,
        "printer": Presence.SWAPPED,
        "handset": Presence.MOVED,
        "ups": Presence.UNMEASURED,
    }
    assert [item.id for item in found.declared if not item.is_required] == ["ups"]
    assert found.amiss == 3


def test_a_broken_peripheral_is_there_all_the_same() -> None:
    found = equipment(inventory("printer"), [device("printer", "failed", "media-jam")])
    assert (seen(found.declared), found.amiss) == ({"printer": Presence.THERE}, 0)


def test_what_nobody_declared_is_unexpected() -> None:
    found = equipment(inventory("camera"), [device("camera"), device("camera:1", declared=False)])
    assert seen(found.unexpected) == {"camera:1": Presence.UNEXPECTED}
    assert found.amiss == 1


def test_what_every_kiosk_has_is_not_in_the_list() -> None:
    found = equipment(inventory("system", "storage", "network", "camera"), [device("agent")])
    assert seen(found.declared) == {"camera": Presence.UNMEASURED}


def test_a_kiosk_never_heard_has_no_list() -> None:
    assert equipment({}, ()).declared == ()
