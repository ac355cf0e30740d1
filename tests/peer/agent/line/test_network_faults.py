"""The network probe on real lines that really break."""

import subprocess
from collections.abc import Callable, Iterator

import pytest

from contract.health import Health
from tests.faults import Detection, fault
from tests.peer.agent.line.netns import (
    BOX_ADDRESS,
    CONTROLLER_ADDRESS,
    CONTROLLER_ADDRESS6,
    IP,
    Line,
    Lineside,
    Namespace,
)

Look = Callable[..., Lineside]


@pytest.fixture(scope="module", autouse=True)
def _allowed() -> None:
    # As `ip netns exec` does: it needs mounts that a plain chroot does not give.
    apart = ("/usr/bin/unshare", "--net", "--mount", "--propagation", "slave")
    trial = subprocess.run(
        [*apart, IP, "link", "add", "t0", "type", "veth", "peer", "t1"],
        capture_output=True,
        text=True,
        check=False,
    )
    if trial.returncode != 0:
        pytest.skip(f"no network namespaces here (they need root): {trial.stderr.strip()}")


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Iterator[Look]:
    """Starts the probe on a machine; ended before the machine is taken apart."""
    begun: list[Lineside] = []

    def begin(machine: Namespace, controller: str = CONTROLLER_ADDRESS) -> Lineside:
        begun.append(Lineside(machine, controller))
        return begun[-1]

    yield begin
    for probe in begun:
        probe.close()


@pytest.mark.parametrize("controller", [CONTROLLER_ADDRESS, CONTROLLER_ADDRESS6])
def test_a_sound_line_is_ok(line: Line, look: Look, controller: str) -> None:
    state = look(line.kiosk, controller).measure()
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics["loss_percent"] == 0.0
    assert state.metrics["rtt_ms"] < 150
    assert state.facts["eth0_state"] == "up"
    assert state.facts["eth0_addresses"] == "192.0.2.2/24 2001:db8::2/64"
    assert state.facts["gateway"] == BOX_ADDRESS
    assert state.facts["measured_by"] == "icmp"


def test_a_pulled_cable_is_no_carrier_until_it_is_back(line: Line, look: Look) -> None:
    probe = look(line.kiosk)
    assert probe.measure().health is Health.OK
    line.pull()
    state = probe.measure()
    assert (state.health, state.reasons) == (Health.FAILED, ("no-carrier",))
    assert state.facts["eth0_state"] == "no-carrier"
    line.plug()
    state = probe.measure()
    assert (state.health, state.metrics["loss_percent"]) == (Health.OK, 0.0)


@fault("network", "cable pulled", "the other end of a veth goes down", "failed", "no-carrier")
def test_the_kernel_tells_when_a_cable_is_pulled(
    line: Line, look: Look, detection: Detection
) -> None:
    probe = look(line.kiosk)
    probe.measure()
    detection.begins()
    line.pull()
    probe.listen()
    detection.ends(probe.measure())


@fault("network", "30 % of packets lost", "nftables drops 3 echoes of 10", "degraded", "loss-high")
def test_a_line_that_drops_three_packets_of_ten_is_degraded(
    line: Line, look: Look, detection: Detection
) -> None:
    probe = look(line.kiosk)
    detection.begins()
    line.filter("icmp type echo-request numgen inc mod 10 < 3 drop")
    state = probe.measure()
    detection.ends(state)
    assert state.reasons == ("loss-high",)
    assert state.metrics["loss_percent"] == 30.0


def test_filtered_echo_is_no_loss_and_the_brokers_port_is_timed_instead(
    line: Line, look: Look
) -> None:
    line.filter("icmp type echo-request drop")
    state = look(line.kiosk).measure()
    assert state.health is Health.OK
    assert state.facts["measured_by"] == "tcp-connect"
    assert state.metrics["rtt_ms"] < 150
    assert "loss_percent" not in state.metrics


@fault("network", "nothing answers", "nftables drops everything", "unknown", "no-echo")
def test_a_line_on_which_nothing_answers_is_unknown(
    line: Line, look: Look, detection: Detection
) -> None:
    probe = look(line.kiosk)
    detection.begins()
    line.filter("drop")
    state = probe.measure()
    detection.ends(state)
    assert not {"rtt_ms", "loss_percent"} & state.metrics.keys()


def test_a_line_that_was_lossy_recovers(line: Line, look: Look) -> None:
    probe = look(line.kiosk)
    line.filter("icmp type echo-request numgen inc mod 10 < 3 drop")
    assert probe.measure().reasons == ("loss-high",)
    line.filter("accept")
    assert probe.measure().health is Health.OK


@fault("network", "slow line", "tbf lets 1,600 bit/s through", "degraded", "rtt-high")
def test_a_slow_line_is_degraded(line: Line, look: Look, detection: Detection) -> None:
    probe = look(line.kiosk)
    detection.begins()
    line.slow("1600bit")
    state = probe.measure()
    detection.ends(state)
    assert state.metrics["rtt_ms"] > 150


@fault("network", "no route", "the default route is deleted", "failed", "no-route")
def test_without_a_route_the_network_has_failed(
    line: Line, look: Look, detection: Detection
) -> None:
    probe = look(line.kiosk)
    detection.begins()
    line.kiosk.ip("route", "del", "default")
    state = probe.measure()
    detection.ends(state)
    assert "gateway" not in state.facts


@pytest.fixture
def lone() -> Iterator[Namespace]:
    """A machine without any network but its loopback."""
    made = Namespace("lone")
    yield made
    made.close()


def test_a_machine_with_only_a_loopback_reaches_a_controller_of_its_own(
    lone: Namespace, look: Look
) -> None:
    state = look(lone, "127.0.0.1").measure()
    assert (state.health, state.facts["controller_is_local"]) == (Health.OK, True)


def test_a_machine_with_only_a_loopback_has_no_route_to_another(
    lone: Namespace, look: Look
) -> None:
    assert look(lone).measure().reasons == ("no-route",)
