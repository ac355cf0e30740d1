"""Scanners, readers and touchscreens that are plugged in and pulled, on make-believe hardware."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import Match, Peripheral
from contract.health import Health
from tests.faults import Detection, fault
from tests.unit.agent.probes.testbed import Bed, Glance

Begin = Callable[..., Glance]

SCANNER = Peripheral("scanner", "scanner", match=Match(usb_id="04a9:190a"))
READER = Peripheral("reader", "barcode-reader", match=Match(serial="S/N:15B2F1"))
KEYED = Peripheral("reader", "barcode-reader", match=Match(usb_id="05e0:1200"))
CARDS = Peripheral("cards", "card-reader", match=Match(port="1-3"), settings={"pcsc": False})
TOUCH = Peripheral("touch", "touchscreen", match=Match(usb_id="0eef:c002"))


def with_settings(item: Peripheral, match: Match | None = None, **told: Any) -> Peripheral:
    return Peripheral(item.id, item.kind, match=match or item.match, settings=told)


@pytest.fixture
def begin(bed: Bed, tmp_path: Path) -> Iterator[Begin]:
    """Begins to look at the bed."""
    begun: list[Glance] = []

    def start(*declared: Peripheral, kind: str = "") -> Glance:
        kind = kind or declared[0].kind
        begun.append(Glance(bed, kind, list(declared), tmp_path))
        return begun[-1]

    yield start
    for glance in begun:
        glance.close()


def pulled(bed: Bed, glance: Glance, recorded: str, device: str, detection: Detection) -> None:
    """It is fine when plugged in; then its plug is pulled."""
    paths = bed.plug_recorded(recorded)
    assert glance.look()[device].health is Health.OK
    detection.begins()
    bed.pull(paths)
    detection.ends(glance.look()[device])


@fault("scanner", "unplugged", "umockdev: its USB device goes", "missing", "not-connected")
def test_a_pulled_scanner_is_missing(bed: Bed, begin: Begin, detection: Detection) -> None:
    pulled(bed, begin(SCANNER), "scanner", "scanner", detection)


@fault("barcode-reader", "serial, unplugged", "umockdev", "missing", "not-connected")
def test_a_pulled_serial_reader_is_missing(bed: Bed, begin: Begin, detection: Detection) -> None:
    pulled(bed, begin(READER), "barcode-serial", "reader", detection)


@fault("barcode-reader", "keyboard, unplugged", "umockdev", "missing", "not-connected")
def test_a_pulled_keyboard_reader_is_missing(bed: Bed, begin: Begin, detection: Detection) -> None:
    pulled(bed, begin(KEYED), "barcode-keyboard", "reader", detection)


@fault("card-reader", "unplugged", "umockdev: its USB device goes", "missing", "not-connected")
def test_a_pulled_card_reader_is_missing(bed: Bed, begin: Begin, detection: Detection) -> None:
    pulled(bed, begin(CARDS), "card-reader", "cards", detection)


@fault("touchscreen", "unplugged", "umockdev: its USB device goes", "missing", "not-connected")
def test_a_pulled_touchscreen_is_missing(bed: Bed, begin: Begin, detection: Detection) -> None:
    pulled(bed, begin(TOUCH), "touch-usb", "touch", detection)


@fault("barcode-reader", "swapped", "umockdev: another at its port", "degraded", "swapped")
def test_another_reader_in_its_place_is_swapped(
    bed: Bed, begin: Begin, detection: Detection
) -> None:
    glance = begin(with_settings(READER, Match(usb_id="0c2e:0b6a", port="1-2")))
    assert glance.look()["reader"].health is Health.MISSING
    detection.begins()
    bed.plug_recorded("barcode-serial")
    detection.ends(glance.look()["reader"])


@fault(
    "barcode-reader",
    "set to keyboard by a setup code",
    "umockdev: back as a keyboard at its port",
    "failed",
    "other-mode",
)
def test_a_reader_that_became_a_keyboard_is_in_another_mode(
    bed: Bed, begin: Begin, detection: Detection
) -> None:
    paths = bed.plug_recorded("barcode-serial")
    glance = begin(with_settings(READER, mode="serial"))
    state = glance.look()["reader"]
    assert (state.health, state.facts["mode"]) == (Health.OK, "serial")
    detection.begins()
    bed.pull(paths)
    bed.plug_recorded("barcode-keyboard")
    detection.ends(glance.look()["reader"])


@fault(
    "barcode-reader",
    "plugged in, no driver takes it",
    "umockdev: no node below it",
    "failed",
    "no-driver",
)
def test_a_reader_without_a_node_has_no_driver(
    bed: Bed, begin: Begin, detection: Detection
) -> None:
    paths = bed.plug_recorded("barcode-serial")
    glance = begin(READER)
    assert glance.look()["reader"].health is Health.OK
    detection.begins()
    bed.pull(paths[1:])
    # It may only be on its way out, the node first: so far it is missing.
    assert glance.look()["reader"].health is Health.MISSING
    detection.ends(glance.look()["reader"])


@fault("touchscreen", "switched off by the system", "umockdev: inhibited", "failed", "touch-off")
def test_a_touchscreen_that_is_inhibited_has_failed(
    bed: Bed, begin: Begin, detection: Detection
) -> None:
    glance = begin(with_settings(TOUCH, Match(path="/dev/input/event2")))
    detection.begins()
    bed.plug_recorded("touch-board")
    state = glance.look()["touch"]
    detection.ends(state)
    assert state.facts["product"] == "Goodix Capacitive TouchScreen"


def test_each_is_told_by_what_udev_knows_of_it(bed: Bed, begin: Begin) -> None:
    for recorded in ("scanner", "barcode-keyboard", "card-reader", "touch-usb"):
        bed.plug_recorded(recorded)
    for kind in ("scanner", "card-reader", "touchscreen"):
        strays = begin(kind=kind).look()
        assert [(one.kind, one.facts["declared"]) for one in strays.values()] == [(kind, False)]


def test_a_reader_that_is_keyboard_and_raw_hid_is_one_keyboard(bed: Bed, begin: Begin) -> None:
    bed.plug_recorded("barcode-keyboard")
    found = begin(KEYED).look()
    assert {one.id: one.facts["mode"] for one in found.values()} == {"reader": "keyboard"}


def test_a_touchscreen_is_no_barcode_reader(bed: Bed, begin: Begin) -> None:
    bed.plug_recorded("touch-usb")
    reader = with_settings(READER, Match(port="1-4"), mode="keyboard")
    assert begin(reader).look()["reader"].health is Health.MISSING


def test_a_port_tells_a_serial_reader_whatever_it_is(bed: Bed, begin: Begin) -> None:
    bed.plug_recorded("barcode-serial")
    state = begin(with_settings(READER, Match(path="/dev/ttyACM0"))).look()["reader"]
    assert (state.health, state.facts["product"]) == (Health.OK, "Symbol Bar Code Scanner")
