"""A camera is lost, and cured: the real ladder and remedies, the real probe on a umockdev bed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.config import RungName
from agent.remedies import PowerCycle, Rebind, Remedy
from agent.replug import UsbBus
from contract.health import DeviceState, Health
from tests.agents import FakeClock
from tests.faults import Detection, fault
from tests.unit.agent.climber import CAMERA, GONE, Kiosk
from tests.unit.agent.kernel import Kernel
from tests.unit.agent.probes.testbed import USB, Bed, Watch, camera, camera_path

if not list(Path("/usr/lib").glob("*/libumockdev-preload.so.0")):
    pytest.skip("umockdev is not installed", allow_module_level=True)

WHOLE = camera("1-1", 0, "A1")
#: On the bus, and without a node: what is left when the driver has lost it.
USB_ONLY = WHOLE[: WHOLE.index("\n\n") + 1]
NODES = WHOLE[WHOLE.index("\n\n") + 2 :]


class Scene:
    """A camera on the bus that no driver holds."""

    def __init__(self, folder: Path) -> None:
        self.bed = Bed()
        self.bed.plug(USB_ONLY + "A: authorized=1\n", f"{USB}/1-1")
        sys = Path(self.bed.root) / "sys"
        self.kernel = Kernel(sys, {"1-1:1.0": "uvcvideo"}, {})
        (sys / "bus/usb/devices/1-1:1.0").mkdir()
        bus = UsbBus(sys, off_s=0.0, write=self.kernel.write)
        real: dict[RungName, Remedy] = {
            RungName.REBIND: Rebind(bus),
            RungName.POWER_CYCLE: PowerCycle(bus),
        }
        self.kiosk = Kiosk(folder, FakeClock(), "life", CAMERA, real=real)
        self.watch = Watch(self.bed, "udev", [{"id": "desk", "match": {"usb_id": "046d:0825"}}])
        assert self.watch.until_said("desk", "missing")["reasons"] == ["not-connected"]

    def appear(self) -> None:
        """The driver has taken it: its nodes are there."""
        self.bed.plug(NODES, camera_path("1-1", 0))

    def until_well(self) -> DeviceState:
        """What the real probe says of it."""
        said = self.watch.until_said("desk", "ok")
        state = DeviceState("desk", "camera", Health(said["health"]), facts=said["facts"])
        self.kiosk.see(state)
        return state

    def close(self) -> None:
        self.kiosk.end()
        self.watch.close()
        self.bed.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


def once(action: Callable[[], None]) -> Callable[[], None]:
    """The kernel adds a node once, however often it is told."""
    left = [action]
    return lambda: left.pop()() if left else None


@fault(
    "camera",
    "lost by its driver, and cured by rebinding it",
    "umockdev: a camera on the bus without its node, until its interface is bound again",
    "ok",
)
def test_a_camera_lost_by_its_driver_is_cured_by_a_rebind(
    scene: Scene, detection: Detection
) -> None:
    scene.kernel.on_bound = once(scene.appear)
    detection.begins()
    scene.kiosk.fails(GONE)
    detection.ends(scene.until_well())
    assert scene.kernel.told == ["drivers_probe 1-1:1.0"]
    assert scene.kiosk.tried() == [("rebind", True)]


@fault(
    "camera",
    "hung until its port is switched off and on",
    "umockdev: a camera on the bus whose interface no driver takes, until it is authorized again",
    "ok",
)
def test_a_camera_that_hangs_is_cured_by_a_power_cycle(scene: Scene, detection: Detection) -> None:
    scene.kernel.refuses = {"1-1:1.0"}
    scene.kernel.on_bound = once(scene.appear)
    detection.begins()
    scene.kiosk.fails(GONE)
    scene.kiosk.pass_time(61)
    scene.kiosk.until_idle()
    detection.ends(scene.until_well())
    assert scene.kernel.told[-2:] == ["devices/1-1/authorized 0", "devices/1-1/authorized 1"]
    assert scene.kiosk.tried() == [("rebind", False), ("power-cycle", True)]
