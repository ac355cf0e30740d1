"""A camera as its driver describes it: the unmodified probe asks a make-believe node."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import Match, Peripheral
from contract.health import Health
from tests.faults import Detection, fault
from tests.unit.agent.probes.testbed import (
    REPOSITORY,
    Bed,
    Child,
    Glance,
    camera,
    camera_path,
    why_not,
)

if why_not():
    pytest.skip(why_not(), allow_module_level=True)

FOLDER = REPOSITORY / "tests" / "fixtures" / "camera"
TOLD = {"every_s": 0}  # there is no picture behind this node
HERE = Match(usb_id="046d:0825", serial="A1", port="1-1")

Begin = Callable[..., Glance]


class CameraBed(Bed):
    """Whose first camera answers as recorded."""

    def __init__(self) -> None:
        Child.__init__(self, "camera_bed.py")
        self.root = self.hear()

    def answers(self, recorded: str) -> None:
        self._order(answer=json.loads((FOLDER / f"{recorded}.json").read_text()))


@pytest.fixture
def bed() -> Iterator[CameraBed]:
    made = CameraBed()
    yield made
    made.close()


@pytest.fixture
def glance(bed: CameraBed, tmp_path: Path) -> Iterator[Begin]:
    """Begins to look at the bed."""
    begun: list[Glance] = []

    def start(match: Match = HERE, **told: Any) -> Glance:
        item = Peripheral("desk", "camera", match=match, settings={**TOLD, **told})
        begun.append(Glance(bed, "camera", [item], tmp_path))
        return begun[-1]

    yield start
    for each in begun:
        each.close()


def plug(bed: CameraBed, recorded: str = "c270", port: str = "1-1", serial: str = "A1") -> None:
    bed.plug(camera(port, 0, serial), camera_path(port, 0))
    bed.answers(recorded)


def test_a_camera_that_captures_is_ok_with_what_its_driver_says(
    bed: CameraBed, glance: Begin
) -> None:
    plug(bed)
    state = glance().look()["desk"]
    assert (state.health, state.reasons) == (Health.OK, ())
    assert (state.facts["driver"], state.facts["card"]) == ("uvcvideo", "HD Webcam C270")
    assert state.facts["formats"] == "YUYV MJPG"


@fault("camera", "unplugged", "umockdev: its USB device goes", "missing", "not-connected")
def test_a_pulled_camera_is_missing(bed: CameraBed, glance: Begin, detection: Detection) -> None:
    plug(bed)
    looking = glance()
    assert looking.look()["desk"].health is Health.OK
    detection.begins()
    bed.pull_camera("1-1", 0)
    detection.ends(looking.look()["desk"])


@fault("camera", "swapped", "umockdev: another at its port", "degraded", "swapped")
def test_another_camera_in_its_place_is_swapped(
    bed: CameraBed, glance: Begin, detection: Detection
) -> None:
    looking = glance()
    assert looking.look()["desk"].health is Health.MISSING
    detection.begins()
    plug(bed, serial="Z9")
    detection.ends(looking.look()["desk"])


@fault("camera", "plugged in elsewhere", "umockdev: at another port", "degraded", "moved")
def test_a_camera_at_another_port_has_moved(
    bed: CameraBed, glance: Begin, detection: Detection
) -> None:
    looking = glance()
    assert looking.look()["desk"].health is Health.MISSING
    detection.begins()
    plug(bed, port="1-4")
    detection.ends(looking.look()["desk"])


@fault("camera", "captures nothing", "umockdev: VIDIOC_QUERYCAP", "failed", "no-capture")
def test_a_node_that_does_not_capture_is_no_camera(
    bed: CameraBed, glance: Begin, detection: Detection
) -> None:
    plug(bed, "c270-metadata")
    detection.begins()
    detection.ends(glance().look()["desk"])


@fault("camera", "offers no format", "umockdev: VIDIOC_ENUM_FMT", "failed", "no-format")
def test_a_camera_without_a_format_is_failed_until_it_has_one(
    bed: CameraBed, glance: Begin, detection: Detection
) -> None:
    plug(bed, "no-format")
    looking = glance()
    detection.begins()
    detection.ends(looking.look()["desk"])
    bed.answers("c270")
    assert looking.look()["desk"].health is Health.OK


def test_no_camera_is_opened_in_a_session_or_when_that_is_forbidden(
    bed: CameraBed, glance: Begin
) -> None:
    plug(bed, "no-format")
    assert glance().look("session")["desk"].health is Health.OK
    assert glance(look=False).look("deep")["desk"].health is Health.OK
