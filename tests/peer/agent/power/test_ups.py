"""A UPS as a real upsd tells of it, and what the kiosk says then."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.config import Peripheral
from agent.probe import Context, Probe
from agent.probes import ups
from contract.health import DeviceState, Health
from tests.agents import config
from tests.faults import Detection, fault
from tests.peer.agent.power import nut
from tests.peer.agent.power.nut import Nut
from tests.peer.agent.running import Agent
from tests.peer.other_end import OtherEnd

WAIT_S = 30.0


@pytest.fixture
def peer() -> Iterator[Nut]:
    why = nut.why_not()
    if why:
        pytest.skip(why)
    one = Nut()
    yield one
    one.close()


@pytest.fixture
def watching(peer: Nut, tmp_path: Path) -> Probe:
    return probe(tmp_path, peer.port)


def probe(folder: Path, port: int, name: str = nut.UPS) -> Probe:
    item = Peripheral("ups", "ups", settings={"name": name, "port": port})
    return ups.probe(replace(config(folder), peripherals=(item,)), folder)


def look(watching: Probe) -> DeviceState:
    (state,) = watching.run(Context(config(Path()), "boot", None))
    return state


def until(watching: Probe, met: Callable[[DeviceState], bool]) -> DeviceState:
    limit = time.monotonic() + WAIT_S
    while not met(state := look(watching)):
        assert time.monotonic() < limit, state
        time.sleep(0.1)
    return state


def becomes(peer: Nut, watching: Probe, detection: Detection, status: str) -> DeviceState:
    """The UPS changes its state, and what is said of it when it is not fine any more."""
    assert look(watching).health is Health.OK
    detection.begins()
    peer.set("ups.status", status)
    state = until(watching, lambda state: state.health is not Health.OK)
    detection.ends(state)
    return state


def test_a_ups_on_mains_is_ok_and_tells_its_figures(watching: Probe) -> None:
    state = look(watching)
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics == {
        "charge_percent": 100,
        "runtime_s": 1800,
        "load_percent": 20,
        "input_volts": 230,
    }
    assert state.facts["product"] == "Line 600"


@fault("ups", "mains cut", "NUT's dummy-ups says OB DISCHRG", "degraded", "on-battery")
def test_a_cut_of_the_mains_is_said(peer: Nut, watching: Probe, detection: Detection) -> None:
    becomes(peer, watching, detection, "OB DISCHRG")
    peer.set("ups.status", "OL CHRG")
    assert until(watching, lambda state: state.health is Health.OK).reasons == ()


@fault(
    "ups",
    "battery nearly empty",
    "NUT's dummy-ups says OB LB",
    "failed",
    "battery-low",
    "on-battery",
)
def test_a_battery_about_to_die_is_said(peer: Nut, watching: Probe, detection: Detection) -> None:
    becomes(peer, watching, detection, "OB LB")


@fault("ups", "battery worn out", "NUT's dummy-ups says OL RB", "degraded", "battery-replace")
def test_a_worn_battery_is_said(peer: Nut, watching: Probe, detection: Detection) -> None:
    becomes(peer, watching, detection, "OL RB")


@fault("ups", "overloaded", "NUT's dummy-ups says OL OVER", "degraded", "overload")
def test_an_overload_is_said(peer: Nut, watching: Probe, detection: Detection) -> None:
    becomes(peer, watching, detection, "OL OVER")


@fault("ups", "NUT stopped", "upsd is ended", "unknown", "nut-down")
def test_a_service_that_is_down_tells_nothing_and_is_not_called_fine(
    peer: Nut, watching: Probe, detection: Detection
) -> None:
    assert look(watching).health is Health.OK
    detection.begins()
    peer.stop_upsd()
    detection.ends(look(watching))


@fault("ups", "driver ended", "dummy-ups is ended", "unknown", "nut-down")
def test_a_driver_that_ended_tells_nothing(
    peer: Nut, watching: Probe, detection: Detection
) -> None:
    assert look(watching).health is Health.OK
    detection.begins()
    peer.driver.terminate()
    detection.ends(until(watching, lambda state: state.health is not Health.OK))


@fault("ups", "cable pulled", "dummy-ups is stopped, its data go stale", "missing", "not-connected")
def test_a_ups_that_its_driver_lost_is_missing(
    peer: Nut, watching: Probe, detection: Detection
) -> None:
    assert look(watching).health is Health.OK
    detection.begins()
    peer.driver.send_signal(signal.SIGSTOP)
    detection.ends(until(watching, lambda state: state.health is not Health.OK))


def test_a_name_that_upsd_does_not_know_is_not_called_missing(peer: Nut, tmp_path: Path) -> None:
    state = look(probe(tmp_path, peer.port, "other"))
    assert (state.health, state.reasons) == (Health.UNKNOWN, ("not-measured",))
    assert state.facts["trouble"] == "upsd says UNKNOWN-UPS"


def test_a_whole_agent_tells_its_controller_of_a_power_cut(
    peer: Nut, agent: Agent, other_end: OtherEnd
) -> None:
    declared = f'id = "ups"\nkind = "ups"\nsettings = {{ name = "{nut.UPS}", port = {peer.port} }}'
    text = agent.config.read_text() + f"\n[probes]\nups_s = 1\n[[peripheral]]\n{declared}\n"
    agent.config.write_text(text)

    def said(health: str) -> Callable[[OtherEnd], bool]:
        return lambda heard: any(
            (one.id, one.health) == ("ups", health)
            for report in heard.reports()
            for one in report.devices
        )

    agent.start()
    other_end.wait(said("ok"), WAIT_S)
    peer.set("ups.status", "OB LB")
    other_end.wait(said("failed"), WAIT_S)
