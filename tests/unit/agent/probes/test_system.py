"""The machine itself: what makes it need a hand, and our figures against others'."""

import os
from pathlib import Path

import psutil
import pytest

from agent.config import Broker, Config
from agent.probe import Context
from agent.probes import system
from agent.probes.system import CpuTicks, Memory, Reading
from contract.health import DeviceState, Health
from tests.faults import Detection, fault

CONFIG = Config("pvp-1", Broker("localhost", Path("ca"), Path("crt"), Path("key")))
GIB = 1024**3
ROOMY = Memory(8 * GIB, 6 * GIB)


def reading(
    memory: Memory = ROOMY,
    load_15min: float = 0.1,
    temperature_celsius: float | None = 50.0,
    is_clock_trusted: bool = True,
) -> Reading:
    return Reading(3.0, 0.2, load_15min, 4, memory, 60.4, temperature_celsius, is_clock_trusted)


def judged(measured: Reading, before: tuple[str, ...] = ()) -> DeviceState:
    return system.judge(measured, {}, before)


def test_a_machine_at_rest_is_ok() -> None:
    state = judged(reading())
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics["memory_percent"] == 25.0
    assert state.metrics["temperature_celsius"] == 50.0
    assert state.facts == {"clock_trusted": True}


def test_a_machine_without_a_sensor_has_no_temperature_and_is_ok() -> None:
    state = judged(reading(temperature_celsius=None))
    assert state.health is Health.OK
    assert "temperature_celsius" not in state.metrics


@fault("system", "memory nearly used up", "7.5 of 8 GiB in use", "degraded", "memory-low")
def test_too_little_memory_degrades(detection: Detection) -> None:
    detection.begins()
    detection.ends(judged(reading(memory=Memory(8 * GIB, GIB // 2))))


@fault("system", "too hot", "a sensor reads 91 °C", "degraded", "temperature-high")
def test_heat_degrades(detection: Detection) -> None:
    detection.begins()
    detection.ends(judged(reading(temperature_celsius=91.0)))


@fault("system", "overloaded", "load 13 on 4 cores for 15 minutes", "degraded", "load-high")
def test_overload_degrades(detection: Detection) -> None:
    detection.begins()
    detection.ends(judged(reading(load_15min=13.0)))


@fault(
    "system", "clock not in step", "the kernel says unsynchronised", "degraded", "clock-not-trusted"
)
def test_a_clock_that_cannot_be_trusted_degrades(detection: Detection) -> None:
    detection.begins()
    detection.ends(judged(reading(is_clock_trusted=False)))


def test_a_temperature_wavering_at_the_limit_is_one_change() -> None:
    warm = reading(temperature_celsius=82.0)
    assert judged(warm).reasons == ()
    assert judged(warm, ("temperature-high",)).reasons == ("temperature-high",)
    assert judged(reading(temperature_celsius=77.0), ("temperature-high",)).reasons == ()


def test_a_counter_that_stands_still_is_no_division_by_zero() -> None:
    assert system.cpu_percent(CpuTicks(10, 100), CpuTicks(10, 100)) == 0.0


def test_our_figures_agree_with_those_of_psutil_and_the_kernel() -> None:
    (state,) = system.probe(CONFIG).run(Context(CONFIG, "boot-1", None))
    memory = psutil.virtual_memory()
    uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    assert state.facts["memory_bytes"] == memory.total
    assert state.metrics["available_bytes"] == pytest.approx(memory.available, rel=0.1)
    assert uptime_s - state.metrics["uptime_s"] < 10
    assert state.facts["kernel"] == os.uname().release
    assert state.facts["boot_id"] == "boot-1"
    assert 0 <= state.metrics["cpu_percent"] <= 100
