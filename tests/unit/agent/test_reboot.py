"""The reboot command: proof is a new boot id, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from agent.commands.reboot import Reboot, Stage, compare
from agent.errors import PowerError
from agent.journal import Entry
from agent.loop import Loop
from contract.commands import CommandState
from contract.health import DeviceState, Health
from tests.agents import BOOT, FINE, NOON, FakeClock

OTHER_BOOT = "99999999-2222-4333-8444-555555555555"


class FakePower:
    """Remembers what it was asked."""

    is_simulated = False

    def __init__(self, boot_id: str = BOOT) -> None:
        self.now, self.asked, self.refusal = boot_id, 0, ""

    def boot_id(self) -> str:
        return self.now

    def reboot(self) -> None:
        if self.refusal:
            raise PowerError(self.refusal)
        self.asked += 1


class Scene:
    """A reboot command with all that is around it, and a clock moved by hand."""

    def __init__(self, boot_id: str = BOOT) -> None:
        self.clock = FakeClock()
        self.loop = Loop(self.clock.monotonic)
        self.power = FakePower(boot_id)
        self.is_heard = True
        self.left: list[str] = []
        self.returns = 0
        self.waiting: list[Any] = []
        self.ended: list[tuple[CommandState, str, dict[str, Any]]] = []
        stage = Stage(
            is_heard=lambda: self.is_heard,
            leave=self._leave,
            come_back=self._come_back,
            when_settled=self.waiting.append,
            devices=lambda: [FINE],
        )
        self.reboot = Reboot(self.power, self.loop, self.clock, stage, down_within_s=120)

    def _leave(self, reason: str, left: Any) -> None:
        self.left.append(reason)
        left()

    def _come_back(self) -> None:
        self.returns += 1

    def finish(self, state: CommandState, reason: str = "", result: Any = None) -> None:
        self.ended.append((state, reason, dict(result or {})))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self.loop.turn(0)


def entry(**args: Any) -> Entry:
    return Entry(BOOT, "reboot", args, CommandState.RUNNING, BOOT, NOON, {"camera": "ok"})


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_machine_restarts_once_the_region_has_heard_of_it(scene: Scene) -> None:
    scene.is_heard = False
    scene.reboot.begin(entry(), scene.finish)
    scene.pass_time(1)
    assert scene.power.asked == 0
    scene.is_heard = True
    scene.pass_time(1)
    assert (scene.left, scene.power.asked, scene.ended) == (["rebooting"], 1, [])


def test_an_unheard_kiosk_restarts_all_the_same(scene: Scene) -> None:
    scene.is_heard = False
    scene.reboot.begin(entry(), scene.finish)
    scene.pass_time(5)
    assert scene.power.asked == 1


def test_the_delay_is_kept(scene: Scene) -> None:
    scene.reboot.begin(entry(delay_s=30), scene.finish)
    scene.pass_time(29)
    assert scene.power.asked == 0
    scene.pass_time(2)
    assert scene.power.asked == 1


def test_a_machine_that_refuses_is_said_to_have_failed_and_stays_in_touch(scene: Scene) -> None:
    scene.power.refusal = "systemctl reboot: Access denied"
    scene.reboot.begin(entry(), scene.finish)
    scene.pass_time(1)
    reason = "reboot-refused: systemctl reboot: Access denied"
    assert scene.ended == [(CommandState.FAILED, reason, {})]
    assert scene.returns == 1


def test_a_machine_that_stays_up_is_said_to_have_failed(scene: Scene) -> None:
    scene.reboot.begin(entry(), scene.finish)
    scene.pass_time(125)
    assert scene.ended == [(CommandState.FAILED, "machine-still-up: 120 s", {})]
    assert scene.returns == 1


def test_after_a_new_boot_it_succeeds_once_the_devices_are_known() -> None:
    scene = Scene(boot_id=OTHER_BOOT)
    scene.clock.at = NOON + timedelta(seconds=90)
    scene.reboot.resume(entry(), scene.finish)
    assert scene.ended == []
    scene.clock.advance(20)
    scene.waiting[0]()
    state, _, result = scene.ended[0]
    assert state is CommandState.SUCCEEDED
    assert result["duration_s"] == 90  # until the agent's start, not until the devices were known
    assert (result["old_boot_id"], result["new_boot_id"]) == (BOOT, OTHER_BOOT)
    assert result["changed"] == ["camera: ok -> absent", "system: absent -> ok"]
    assert result["simulated"] is False


def test_a_clock_set_back_by_the_reboot_gives_no_made_up_duration() -> None:
    scene = Scene(boot_id=OTHER_BOOT)
    scene.clock.at = NOON.replace(year=1970)
    scene.reboot.resume(entry(), scene.finish)
    scene.waiting[0]()
    assert scene.ended[0][0] is CommandState.SUCCEEDED
    assert "duration_s" not in scene.ended[0][2]


def test_an_agent_that_restarts_alone_waits_then_says_that_nothing_happened(scene: Scene) -> None:
    scene.clock.at = NOON + timedelta(seconds=60)
    scene.reboot.resume(entry(), scene.finish)
    scene.pass_time(58)
    assert scene.ended == []
    scene.pass_time(4)
    assert scene.ended == [(CommandState.FAILED, "machine-did-not-reboot", {})]


def test_an_agent_back_too_late_does_not_wait(scene: Scene) -> None:
    scene.clock.at = NOON + timedelta(days=1)
    scene.reboot.resume(entry(), scene.finish)
    scene.pass_time(0.1)
    assert [state for state, _, _ in scene.ended] == [CommandState.FAILED]


def test_devices_are_compared_by_id() -> None:
    after = [DeviceState("camera", "camera", Health.OK), DeviceState("new", "printer", Health.OK)]
    found = compare({"camera": "missing", "gone": "ok"}, after)
    assert found["changed"] == ["camera: missing -> ok", "gone: ok -> absent", "new: absent -> ok"]
    assert found["devices_before"] == ["camera: missing", "gone: ok"]
    assert found["devices_after"] == ["camera: ok", "new: ok"]
    assert (found["better"], found["worse"], found["same"]) == (["camera", "new"], ["gone"], 0)


def test_an_agent_not_measured_yet_is_not_worse_for_it() -> None:
    after = [DeviceState("camera", "camera", Health.OK)]
    found = compare({"camera": "ok", "agent": "ok"}, after)
    assert (found["changed"], found["worse"], found["same"]) == ([], [], 1)


def test_an_agent_whose_probes_fail_since_is_worse() -> None:
    found = compare({"agent": "ok"}, [DeviceState("agent", "agent", Health.DEGRADED)])
    assert found["worse"] == ["agent"]
