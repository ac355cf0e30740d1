"""The ladder climbed: on disk first, verified by the probe, taken up after any end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agent.config import Peripheral
from agent.recovery import HUMAN, AttemptState
from agent.scheduler import Result
from contract.health import DeviceState, Health
from tests.agents import FakeClock
from tests.faults import Detection, fault
from tests.unit.agent.climber import CAMERA, GONE, REBOOT, WELL, Kiosk


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Kiosk]]:
    """Starts an agent on the same disk, at the same hour, after the one before has ended."""
    clock, lives = FakeClock(), []

    def begin(*items: Peripheral, life: str = "life-1") -> Kiosk:
        lives.append(Kiosk(tmp_path, clock, life, *(items or (CAMERA,))))
        return lives[-1]

    yield begin
    lives[-1].end()


def test_what_is_well_is_left_alone(start: Any) -> None:
    kiosk = start()
    kiosk.see(WELL)
    kiosk.pass_time(3600)
    kiosk.see(WELL)
    assert (kiosk.asked, kiosk.events) == ([], [])


def test_a_rung_is_tried_once_it_has_failed_for_long_enough(start: Any) -> None:
    kiosk = start()
    kiosk.see(WELL)
    kiosk.see(GONE)
    kiosk.pass_time(59)
    assert kiosk.asked == []
    kiosk.pass_time(2)
    assert kiosk.asked == ["rebind 1-1"]
    assert kiosk.looks == ["camera"]


def test_it_worked_once_the_probe_says_so(start: Any) -> None:
    kiosk = start()
    kiosk.fails()
    kiosk.pass_time(2)
    kiosk.see(WELL)
    assert kiosk.tried() == [("rebind", True)]
    assert kiosk.attempts.history()[-1].is_open is False


def test_what_was_measured_before_the_act_proves_nothing(start: Any) -> None:
    kiosk = start()
    kiosk.fails()
    kiosk.ladder.heard(Result("camera", (WELL,), 0.0, None, kiosk.clock.elapsed - 1))
    assert kiosk.tried() == []


def test_what_did_not_help_in_time_is_followed_by_the_next_and_at_last_by_a_human(
    start: Any,
) -> None:
    kiosk = start()
    kiosk.fails()
    kiosk.pass_time(61)
    assert kiosk.tried() == [("rebind", False)]
    assert kiosk.asked[-1].startswith("power-cycle")
    kiosk.pass_time(61)
    assert kiosk.tried()[1:] == [("power-cycle", False)]
    assert kiosk.gave_up() == ["no-rung-left"]


@fault(
    "camera",
    "failed, and nothing the kiosk may try helps",
    "a missing camera under the real ladder; remedies that do nothing",
    "missing",
    "not-connected",
    "needs-a-human",
)
def test_who_needs_a_human_is_said_to_until_it_is_well(start: Any, detection: Detection) -> None:
    kiosk = start()
    detection.begins()
    kiosk.fails()
    kiosk.pass_time(61)
    kiosk.pass_time(61)
    [state] = kiosk.see(GONE)
    detection.ends(state)
    assert kiosk.see(WELL) == (WELL,)


def test_a_human_is_asked_once_for_all_that_follows(start: Any) -> None:
    kiosk = start()
    kiosk.fails()
    for _ in range(5):
        kiosk.pass_time(61)
        kiosk.see(GONE)
    assert len(kiosk.gave_up()) == 1


def test_after_being_well_for_a_while_the_ladder_begins_anew(start: Any) -> None:
    kiosk = start()
    kiosk.fails()
    kiosk.pass_time(61)
    kiosk.pass_time(61)
    kiosk.see(WELL)
    kiosk.pass_time(61)
    kiosk.see(WELL)
    kiosk.asked.clear()
    kiosk.fails()
    assert kiosk.asked == ["rebind 1-1"]


def test_one_good_measurement_does_not_begin_it_anew(start: Any) -> None:
    kiosk = start()
    kiosk.fails()
    kiosk.pass_time(61)
    kiosk.pass_time(61)
    kiosk.see(WELL)
    kiosk.asked.clear()
    kiosk.fails()
    assert kiosk.asked == []
    assert len(kiosk.gave_up()) == 1


def test_nothing_is_tried_in_a_session_and_then_it_is(start: Any) -> None:
    kiosk = start()
    kiosk.in_session = True
    kiosk.fails()
    assert kiosk.asked == []
    kiosk.in_session = False
    kiosk.see(GONE)
    assert kiosk.asked == ["rebind ?"]


def test_nothing_is_tried_while_a_command_disturbs(start: Any) -> None:
    kiosk = start()
    kiosk.is_busy = True
    kiosk.fails()
    assert kiosk.asked == []


def test_a_session_that_begins_meanwhile_leaves_the_answer_open(start: Any) -> None:
    kiosk = start()
    kiosk.fails()
    kiosk.in_session = True
    kiosk.pass_time(120)
    assert kiosk.tried() == []
    kiosk.in_session = False
    kiosk.pass_time(11)
    assert kiosk.tried() == [("rebind", False)]


def test_what_cannot_be_done_is_said_and_the_next_is_tried(start: Any) -> None:
    kiosk = start()
    kiosk.rebind.trouble = "no driver takes it back"
    kiosk.fails()
    kiosk.until_idle()
    assert kiosk.events[0].facts["detail"] == "no driver takes it back"
    assert kiosk.asked == ["rebind ?", "power-cycle ?"]


def test_a_device_that_is_nowhere_is_said_to_be(start: Any) -> None:
    kiosk = start()
    kiosk.rebind.blind = "no such device is on any USB port"
    kiosk.fails()
    kiosk.until_idle()
    assert kiosk.tried()[0] == ("rebind", False)
    assert kiosk.asked == ["power-cycle ?"]


def test_without_a_disk_nothing_is_tried(start: Any, caplog: pytest.LogCaptureFixture) -> None:
    kiosk = start()
    kiosk.is_disk_bad = True
    kiosk.fails()
    kiosk.see(GONE)
    assert kiosk.asked == []
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "nothing is tried on peripherals: the disk is full"
    ]
    kiosk.is_disk_bad = False
    kiosk.see(GONE)
    assert kiosk.asked == ["rebind ?"]


def test_a_disk_that_fails_meanwhile_hears_of_the_end_later(start: Any) -> None:
    kiosk = start()
    kiosk.fails()
    kiosk.is_disk_bad = True
    kiosk.see(WELL)
    assert kiosk.tried() == []
    kiosk.is_disk_bad = False
    kiosk.pass_time(31)
    assert kiosk.tried() == [("rebind", True)]


def test_an_undeclared_or_unladdered_device_is_nobodys_business(start: Any) -> None:
    kiosk = start(replace(CAMERA, recovery=()))
    kiosk.fails(GONE, DeviceState("other", "camera", Health.MISSING))
    assert (kiosk.asked, kiosk.events) == ([], [])


# The agent ends in the midst of it


def test_an_agent_killed_in_the_midst_leaves_nothing_switched_off(start: Any) -> None:
    first = start()
    first.see(WELL)
    first.fails()
    first.end()
    second = start()
    assert second.asked == ["mend rebind 1-1"]
    second.see(WELL)
    assert second.tried() == [("rebind", True)]


def test_an_agent_killed_in_the_midst_does_not_try_the_same_again(start: Any) -> None:
    first = start()
    first.fails()
    first.end()
    second = start()
    second.fails()
    assert second.tried() == [("rebind", False)]
    assert second.asked == ["mend rebind ?", "power-cycle ?"]


def test_a_human_stays_asked_for_across_restarts(start: Any) -> None:
    first = start()
    first.fails()
    first.pass_time(61)
    first.pass_time(61)
    first.end()
    second = start(life="life-2")
    [state] = second.see(GONE)
    assert "needs-a-human" in state.reasons
    second.fails()
    assert (second.asked, second.events) == ([], [])


LAST = replace(CAMERA, recovery=(REBOOT,))


def test_a_restart_is_on_disk_before_it_is_asked_for(start: Any) -> None:
    kiosk = start(LAST)
    kiosk.fails()
    [attempt] = kiosk.attempts.history()
    assert (attempt.rung, attempt.state) == ("reboot", AttemptState.BEGUN)
    assert len(kiosk.reboots) == 1
    assert kiosk.events == []


def test_a_restart_worked_if_the_device_is_well_in_the_next_life(start: Any) -> None:
    first = start(LAST)
    first.fails()
    first.end()
    second = start(LAST, life="life-2")
    second.pass_time(5)
    second.see(WELL)
    assert second.tried() == [("reboot", True)]


def test_a_restart_that_did_not_help_ends_at_a_human_and_not_in_a_loop(start: Any) -> None:
    first = start(LAST)
    first.fails()
    first.end()
    second = start(LAST, life="life-2")
    second.fails()
    second.pass_time(61)
    assert second.tried() == [("reboot", False)]
    assert (second.reboots, second.gave_up()) == ([], ["no-rung-left"])
    assert [one.rung for one in second.attempts.history()] == ["reboot", HUMAN]


def test_a_restart_that_the_machine_refused_is_told_with_its_reason(start: Any) -> None:
    kiosk = start(LAST)
    kiosk.fails()
    kiosk.reboots[0]("reboot-refused: Access denied")
    kiosk.until_idle()
    assert kiosk.events[0].facts["detail"] == "reboot-refused: Access denied"
    assert kiosk.gave_up() == ["no-rung-left"]


def test_an_agent_alone_that_restarted_is_no_restart_of_the_machine(start: Any) -> None:
    first = start(LAST)
    first.fails()
    first.end()
    second = start(LAST)
    second.see(WELL)
    assert second.tried() == [("reboot", False)]
