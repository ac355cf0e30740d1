"""The clock and the supply voltage, as the system probe tells of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.probe import Context, Probe
from agent.probes import system, timekeeping
from contract.health import DeviceState, Health
from tests.agents import FakeClock, config
from tests.faults import Detection, fault
from tests.unit.agent.probes import sysfs


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def machine(tmp_path: Path, clock: FakeClock) -> Probe:
    return system.probe(config(tmp_path), tmp_path, clock, clock.monotonic)


def look(machine: Probe) -> DeviceState:
    (state,) = machine.run(Context(config(Path()), "boot", None))
    return state


@fault("system", "clock jump", "the time of day leaps by an hour", "degraded", "clock-jumped")
def test_a_clock_that_leaps_is_said(machine: Probe, clock: FakeClock, detection: Detection) -> None:
    assert "clock-jumped" not in look(machine).reasons
    clock.advance(60)
    assert "clock-jumped" not in look(machine).reasons
    detection.begins()
    clock.at += timedelta(hours=1)
    state = look(machine)
    detection.ends(state)
    assert state.metrics["clock_jump_s"] == 3600
    clock.advance(timekeeping.SAID_S)
    assert "clock-jumped" not in look(machine).reasons


def test_a_clock_that_is_set_right_after_a_start_has_not_jumped(
    machine: Probe, clock: FakeClock
) -> None:
    clock.trusted = False
    look(machine)
    clock.at += timedelta(days=300)
    clock.trusted = True
    assert "clock-jumped" not in look(machine).reasons


def test_the_kernels_offset_is_read_and_bounded() -> None:
    offset = timekeeping.read_offset()
    assert 0 <= offset.max_error_ms <= 16_000
    assert abs(offset.offset_ms) <= 1000


@fault(
    "system", "supply voltage too low", "the alarm of rpi_volt in /sys", "degraded", "undervoltage"
)
def test_too_low_a_voltage_is_said(machine: Probe, tmp_path: Path, detection: Detection) -> None:
    alarm = tmp_path / "class/hwmon/hwmon1"
    sysfs.write(alarm, name="rpi_volt", in0_lcrit_alarm="0")
    assert "undervoltage" not in look(machine).reasons
    detection.begins()
    sysfs.write(alarm, in0_lcrit_alarm="1")
    detection.ends(look(machine))


def test_the_alarm_of_an_input_that_is_wired_to_nothing_is_not_believed(
    machine: Probe, tmp_path: Path
) -> None:
    sysfs.write(tmp_path / "class/hwmon/hwmon1", name="nct6775", in0_lcrit_alarm="1")
    assert look(machine).health is not Health.FAILED
    assert "undervoltage" not in look(machine).reasons
