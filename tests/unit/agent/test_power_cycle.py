"""`power-cycle`: off, on, and back as well as before; on a make-believe kernel's USB bus."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from agent.commands import power_cycle
from agent.commands.errand import Errand, ask
from agent.commands.power_cycle import Cycle, Noted, is_as_before
from agent.commands.scene import Scene
from agent.config import Config, Match, Peripheral, RecoveryLimits
from agent.probe import Context, Probe
from agent.remedies import UHUBCTL, PowerCycle
from agent.replug import UsbBus
from contract.commands import CommandState
from contract.health import DeviceState, Health
from tests.agents import config
from tests.errands import Floor
from tests.unit.agent.kernel import Kernel

DESK = Peripheral("desk", "camera", match=Match(usb_id="046d:0825"))
PRINTER = Peripheral("laser", "printer", match=Match(queue="Laser"))


class Bench:
    """A camera on port 1-1, how it is once it is on again, and the lives of an agent."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sys = folder, folder / "sys"
        self.kernel = Kernel(self.sys, {"1-1:1.0": "uvcvideo"}, {})
        self.kernel.plug("1-1", "046d:0825")
        self.health = Health.OK
        self.lives: list[Floor] = []

    def live(self, told: Config | None = None) -> Floor:
        """Another life of the agent."""
        bus = UsbBus(self.sys, off_s=0.0, write=self.kernel.write)
        act = Cycle(PowerCycle(bus), self.sys / "bus/usb", back_s=2.0)

        def work(scene: Scene) -> Errand:
            return Errand(power_cycle.NAME, scene, act.run, act.resume, act.hindrance)

        self.lives.append(
            Floor(
                self.folder,
                DESK,
                PRINTER,
                probes=(self._probe,),
                works={power_cycle.NAME: work},
                told=told,
            )
        )
        return self.lives[-1]

    def _probe(self, _config: Config) -> Probe:
        def run(_context: Context) -> tuple[DeviceState, ...]:
            is_on = (self.sys / "bus/usb/devices/1-1/authorized").read_text().strip() == "1"
            state = DeviceState("desk", "camera", self.health, facts={"port": "1-1"})
            return (state if is_on else replace(state, health=Health.MISSING),)

        return Probe("camera", 3600.0, 10.0, run)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    for life in one.lives:
        life.close()


def test_a_device_that_is_back_says_by_which_way(bench: Bench) -> None:
    floor = bench.live()
    floor.measure()
    ended = floor.run("power-cycle", device="desk")
    assert (ended.state, ended.result) == (
        CommandState.SUCCEEDED,
        {"way": "authorisation", "port": "1-1", "health_before": "ok", "health_after": "ok"},
    )
    assert bench.kernel.told == ["devices/1-1/authorized 0", "devices/1-1/authorized 1"]


def test_a_device_that_comes_back_worse_is_no_success(bench: Bench) -> None:
    floor = bench.live()
    floor.measure()
    bench.health = Health.FAILED
    ended = floor.run("power-cycle", device="desk")
    assert (ended.state, ended.reason) == (CommandState.FAILED, "did-not-work: desk: failed")
    assert ended.result["health_after"] == "failed"


def test_one_that_nothing_helps_is_no_success_either(bench: Bench) -> None:
    bench.health = Health.FAILED
    floor = bench.live()
    floor.measure()
    assert floor.run("power-cycle", device="desk").state is CommandState.FAILED


def test_an_agent_killed_while_it_is_off_leaves_it_on_and_cuts_it_no_more(bench: Bench) -> None:
    is_off, goes_on = threading.Event(), threading.Event()
    write = bench.kernel.write

    def hang(path: Path, text: str) -> None:
        write(path, text)
        if text == "0" and not is_off.is_set():
            is_off.set()
            goes_on.wait(30)
            raise OSError(5, "this life is over")

    bench.kernel.write = hang  # type: ignore[method-assign]
    floor = bench.live()
    floor.measure()
    number = floor.order("power-cycle", device="desk")
    assert is_off.wait(30)
    floor.cut_off()
    bench.kernel.told.clear()
    ended = bench.live().end(number)
    goes_on.set()
    assert (ended.state, ended.result["health_after"]) == (CommandState.SUCCEEDED, "ok")
    assert "devices/1-1/authorized 0" not in bench.kernel.told


def test_an_agent_killed_before_it_began_says_so(bench: Bench) -> None:
    floor = bench.live()
    number = floor.order("power-cycle", device="desk")
    floor.end(number)
    rows = "UPDATE journal SET state = 'running' WHERE id = ?"
    ask(floor.loop, lambda: floor.outbox.disk().rows(rows, number))
    floor.cut_off()
    later = bench.live()
    reasons = [later.wait(number, lambda one: one.state is CommandState.FAILED).reason]
    assert reasons == ["ended-before-begun"]


@pytest.mark.parametrize("device", ["nothing", "laser-2"])
def test_a_device_that_is_not_here_is_refused_and_those_there_are_named(
    bench: Bench, device: str
) -> None:
    ended = bench.live().run("power-cycle", device=device)
    assert ended.state is CommandState.REFUSED
    assert ended.reason == f"device-unknown: {device}: desk, laser"


def test_a_device_on_no_usb_port_is_refused(bench: Bench) -> None:
    shutil.rmtree(bench.sys / "bus/usb/devices/1-1")
    ended = bench.live().run("power-cycle", device="desk")
    assert ended.state is CommandState.REFUSED
    assert ended.reason == "not-possible-here: desk: no such device is on any USB port"


def test_without_the_right_to_switch_it_the_remedy_is_named(bench: Bench) -> None:
    (bench.sys / "bus/usb/devices/1-1/authorized").unlink()
    ended = bench.live().run("power-cycle", device="desk")
    assert ended.state is CommandState.REFUSED
    assert "recovery.conf" in ended.reason


def test_where_power_is_cut_uhubctl_is_needed(bench: Bench, tmp_path: Path) -> None:
    if UHUBCTL.exists():
        pytest.skip("uhubctl is installed")
    told = replace(config(tmp_path), recovery=RecoveryLimits(is_power_cut=True))
    ended = bench.live(told).run("power-cycle", device="desk")
    assert ended.reason == "not-possible-here: install uhubctl"


def test_what_was_not_measured_before_need_not_be_after() -> None:
    unknown = DeviceState("desk", "camera", Health.UNKNOWN)
    assert is_as_before(Health.UNKNOWN, unknown)
    assert not is_as_before(Health.OK, unknown)


def test_what_is_noted_is_read_again() -> None:
    noted = Noted("1-1", "authorisation", Health.OK)
    assert msgspec.json.decode(msgspec.json.encode(noted), type=Noted) == noted
