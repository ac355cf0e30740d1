"""Make-believe cameras and sensors, seen by the unmodified code in a process of its own."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.agent.probes.testbed import Bed, Watch, camera, camera_path

DESK = {"id": "desk", "match": {"usb_id": "046d:0825", "serial": "A1", "port": "1-1"}}
FIRST, SECOND = camera("1-1", 0, "A1"), camera("1-2", 4, "Z9")
STRAY = "camera:046d:0825:z9"

Look = Callable[..., Watch]

with_and_without_udevd = pytest.mark.parametrize("look", ["udev", "kernel"], indirect=True)


@pytest.fixture
def look(bed: Bed, request: pytest.FixtureRequest) -> Iterator[Look]:
    """Begins to look at the bed."""
    begun: list[Watch] = []

    def begin(*declared: dict[str, Any]) -> Watch:
        begun.append(Watch(bed, getattr(request, "param", "udev"), list(declared)))
        return begun[-1]

    yield begin
    for watch in begun:
        watch.close()


def test_a_camera_that_is_there_is_ok_with_its_facts(bed: Bed, look: Look) -> None:
    bed.plug(FIRST, camera_path("1-1", 0))
    assert look(DESK).until_said("desk", "ok")["facts"] == {
        "usb_id": "046d:0825",
        "serial": "A1",
        "port": "1-1",
        "product": "HD Webcam C270",
    }


def test_a_declared_camera_that_is_not_there_is_missing(look: Look) -> None:
    assert look(DESK).until_said("desk", "missing")["reasons"] == ["not-connected"]


def test_without_a_camera_declared_or_found_there_is_no_device(look: Look) -> None:
    look().until_seen()


@with_and_without_udevd
def test_a_camera_plugged_in_later_is_said_at_once(bed: Bed, look: Look) -> None:
    watch = look(DESK)
    watch.until_said("desk", "missing")
    bed.plug(FIRST, camera_path("1-1", 0))
    watch.until_said("desk", "ok")


@with_and_without_udevd
def test_a_camera_that_is_pulled_is_said_to_be_missing(bed: Bed, look: Look) -> None:
    bed.plug(FIRST, camera_path("1-1", 0))
    watch = look(DESK)
    watch.until_said("desk", "ok")
    bed.pull_camera("1-1", 0)
    watch.until_said("desk", "missing")


@with_and_without_udevd
def test_a_camera_back_within_the_hold_was_never_gone(bed: Bed, look: Look) -> None:
    bed.plug(FIRST, camera_path("1-1", 0))
    watch = look(DESK)
    watch.until_said("desk", "ok")
    bed.pull_camera("1-1", 0)
    watch.until_seen(desk="missing")
    # Under other node names, as when a program still holds the old ones.
    bed.plug(camera("1-1", 2, "A1"), camera_path("1-1", 2))
    watch.until_seen(desk="ok")
    # Another comes, and goes for good: when that is said, the first one's hold is long over.
    bed.plug(SECOND, camera_path("1-2", 4))
    watch.until_said(STRAY, "ok")
    bed.pull_camera("1-2", 4)
    watch.until_removed(STRAY)
    assert watch.said_of("desk") == ["ok"]


def test_another_camera_in_its_place_is_said_to_be_swapped(bed: Bed, look: Look) -> None:
    bed.plug(camera("1-1", 0, "B2"), camera_path("1-1", 0))
    state = look(DESK).until_said("desk", "degraded")
    assert (state["reasons"], state["facts"]["serial"]) == (["swapped"], "B2")


def test_a_camera_half_taken_away_is_not_mistaken_for_another(bed: Bed, look: Look) -> None:
    remains = "".join(each for each in FIRST.splitlines(keepends=True) if "A: id" not in each)
    bed.plug(remains, camera_path("1-1", 0))
    look(DESK).until_said("desk", "missing")


def test_our_view_of_a_camera_agrees_with_udevadm(bed: Bed, look: Look) -> None:
    bed.plug(FIRST, camera_path("1-1", 0))
    facts = look(DESK).until_said("desk", "ok")["facts"]
    node = f"/sys{camera_path('1-1', 0)}"
    walked = subprocess.run(
        ["/usr/bin/umockdev-wrapper", "/usr/bin/udevadm", "info", "-a", "-p", node],
        env={"UMOCKDEV_DIR": bed.root},
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    ).stdout
    assert f'ATTRS{{serial}}=="{facts["serial"]}"' in walked
    assert f'ATTRS{{product}}=="{facts["product"]}"' in walked
    assert f'KERNELS=="{facts["port"]}"' in walked


HOT = """P: /devices/platform/coretemp.0/hwmon/hwmon0
E: SUBSYSTEM=hwmon
A: name=coretemp
A: temp1_input=91500
A: temp2_input=88000
"""


def test_a_hot_processor_is_seen(bed: Bed, look: Look) -> None:
    bed.plug(HOT, "/devices/platform/coretemp.0/hwmon/hwmon0")
    state = look().until_said("system", "degraded")
    assert state["metrics"]["temperature_celsius"] == 91.5
    assert "temperature-high" in state["reasons"]


ZONE = """P: /devices/virtual/thermal/thermal_zone0
E: SUBSYSTEM=thermal
A: type=cpu-thermal
A: temp=87000
"""


def test_a_board_without_hwmon_is_measured_by_its_thermal_zone(bed: Bed, look: Look) -> None:
    bed.plug(ZONE, "/devices/virtual/thermal/thermal_zone0")
    assert look().until_said("system", "degraded")["metrics"]["temperature_celsius"] == 87.0


EMMC = """P: /devices/platform/emmc/mmc_host/mmc0/mmc0:0001
E: SUBSYSTEM=mmc
A: life_time=0x0b 0x02
A: pre_eol_info=0x02

P: /devices/platform/emmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0
N: mmcblk0
E: DEVNAME=/dev/mmcblk0
E: DEVTYPE=disk
E: SUBSYSTEM=block
A: removable=0
L: device=../../../mmc0:0001
"""


def test_a_worn_emmc_is_seen(bed: Bed, look: Look) -> None:
    bed.plug(EMMC, "/devices/platform/emmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0")
    state = look().until_said("storage", "degraded")
    assert state["reasons"] == ["wear-high"]
    assert state["metrics"]["wear_mmcblk0_percent"] == 110.0
    assert state["facts"]["where"] == "mmcblk0"
