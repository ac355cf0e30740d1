"""A UPS as a real upsd tells of it, and what the kiosk says then."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import Peripheral
from agent.probes import ups
from contract.health import DeviceState, Health
from tests.agents import WAIT_S, OneProbe
from tests.faults import Detection, fault
from tests.peer.agent.power import nut
from tests.peer.agent.power.nut import Nut
from tests.peer.agent.running import Agent
from tests.peer.other_end import OtherEnd


@pytest.fixture
def peer() -> Iterator[Nut]:
    why = nut.why_not()
    if why:
        pytest.skip(why)
    one = Nut()
    yield one
    one.close()


@pytest.fixture
def watching(peer: Nut, tmp_path: Path) -> OneProbe:
    return probe(tmp_path, peer.port)


def probe(folder: Path, port: int, name: str = nut.UPS) -> OneProbe:
    item = Peripheral("ups", "ups", settings={"name": name, "port": port})
    return OneProbe(lambda config: ups.probe(config, folder), item, folder)


def becomes(peer: Nut, watching: OneProbe, detection: Detection, status: str) -> DeviceState:
    """The UPS changes its state, and what is said of it when it is not fine any more."""
    assert watching.look().health is Health.OK
    detection.begins()
    peer.set("ups.status", status)
    state = watching.until(lambda state: state.health is not Health.OK)
    detection.ends(state)
    return state


def test_a_ups_on_mains_is_ok_and_tells_its_figures(watching: OneProbe) -> None:
    state = watching.look()
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics == {
        "charge_percent": 100,
        "runtime_s": 1800,
        "load_percent": 20,
        "input_volts": 230,
    }
    assert state.facts["product"] == "Line 600"


@fault("ups", "mains cut", "NUT's dummy-ups says OB DISCHRG", "degraded", "on-battery")
def test_a_cut_of_the_mains_is_said(peer: Nut, watching: OneProbe, detection: Detection) -> None:
    becomes(peer, watching, detection, "OB DISCHRG")
    peer.set("ups.status", "OL CHRG")
    assert watching.until(lambda state: state.health is Health.OK).reasons == ()


@fault(
    "ups",
    "battery nearly empty",
    "NUT's dummy-ups says OB LB",
    "failed",
    "battery-low",
    "on-battery",
)
def test_a_battery_about_to_die_is_said(
    peer: Nut, watching: OneProbe, detection: Detection
) -> None:
    becomes(peer, watching, detection, "OB LB")


@fault("ups", "battery worn out", "NUT's dummy-ups says OL RB", "degraded", "battery-replace")
def test_a_worn_battery_is_said(peer: Nut, watching: OneProbe, detection: Detection) -> None:
    becomes(peer, watching, detection, "OL RB")


@fault("ups", "overloaded", "NUT's dummy-ups says OL OVER", "degraded", "overload")
def test_an_overload_is_said(peer: Nut, watching: OneProbe, detection: Detection) -> None:
    becomes(peer, watching, detection, "OL OVER")


@fault("ups", "NUT stopped", "upsd is ended", "unknown", "nut-down")
def test_a_service_that_is_down_tells_nothing_and_is_not_called_fine(
    peer: Nut, watching: OneProbe, detection: Detection
) -> None:
    assert watching.look().health is Health.OK
    detection.begins()
    peer.stop_upsd()
    detection.ends(watching.look())


@fault("ups", "driver ended", "dummy-ups is ended", "unknown", "nut-down")
def test_a_driver_that_ended_tells_nothing(
    peer: Nut, watching: OneProbe, detection: Detection
) -> None:
    assert watching.look().health is Health.OK
    detection.begins()
    peer.driver.terminate()
    detection.ends(watching.until(lambda state: state.health is not Health.OK))


@fault("ups", "cable pulled", "dummy-ups is stopped, its data go stale", "missing", "not-connected")
def test_a_ups_that_its_driver_lost_is_missing(
    peer: Nut, watching: OneProbe, detection: Detection
) -> None:
    assert watching.look().health is Health.OK
    detection.begins()
    peer.driver.send_signal(signal.SIGSTOP)
    detection.ends(watching.until(lambda state: state.health is not Health.OK))


def test_a_name_that_upsd_does_not_know_is_not_called_missing(peer: Nut, tmp_path: Path) -> None:
    state = probe(tmp_path, peer.port, "other").look()
    assert (state.health, state.reasons) == (Health.UNKNOWN, ("not-measured",))
    assert state.facts["trouble"] == "upsd says UNKNOWN-UPS"


def test_a_whole_agent_tells_its_controller_of_a_power_cut(
    peer: Nut, agent: Agent, other_end: OtherEnd
) -> None:
    declared = f'id = "ups"\nkind = "ups"\nsettings = {{ name = "{nut.UPS}", port = {peer.port} }}'
    text = agent.config.read_text() + f"\n[probes]\nups_s = 1\n[[peripheral]]\n{declared}\n"
    agent.config.write_text(text)

    agent.start()
    other_end.wait(lambda end: end.said("ups", "ok"), WAIT_S)
    peer.set("ups.status", "OB LB")
    other_end.wait(lambda end: end.said("ups", "failed"), WAIT_S)
