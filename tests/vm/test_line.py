"""The line of a real kiosk: its cable is pulled, and its packets are slow (tc netem)."""

from contract.health import Health
from contract.messages import Outcome
from tests.agents import KIOSK
from tests.faults import Detection, fault
from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.hearing import until
from tests.vm.kiosk import Kiosk

OFTEN = "network_s = 2\nlink_s = 5"
#: What an emulated machine takes for itself must not look like the line's.
PATIENT = "[line]\nrtt_ms = 500\njitter_ms = 1000\nloss_percent = 90\n"


@fault("network", "slow packets", "tc netem delays by 1.5 s", "degraded", "rtt-high")
def test_a_line_that_has_become_slow_is_said_to_be(
    kiosk: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    kiosk.declare(PATIENT, probes=OFTEN)
    kiosk.start()
    until(other_end, "network", Health.OK)
    detection.begins()
    kiosk.guest.run("tc qdisc add dev eth0 root netem delay 1500ms")
    detection.ends(until(other_end, "network", Health.DEGRADED, "rtt-high"))
    kiosk.guest.run("tc qdisc del dev eth0 root")
    until(other_end, "network", Health.OK)


def test_what_happened_while_the_cable_was_out_is_said_once_it_is_back(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    kiosk.declare(PATIENT, probes=OFTEN)
    kiosk.start()
    until(other_end, "network", Health.OK)
    kiosk.machine.monitor.ask("set_link", name="nic", up=False)
    kiosk.guest.run('until [ "$(cat /sys/class/net/eth0/carrier)" = 0 ]; do sleep 0.2; done')
    other_end.wait(lambda heard: not heard.presences()[-1].is_online, PATIENCE_S)
    kiosk.machine.monitor.ask("set_link", name="nic", up=True)
    other_end.wait(
        lambda heard: any(
            device.id == "network" and "no-carrier" in device.reasons
            for report in heard.reports()
            for device in report.devices
        ),
        PATIENCE_S,
    )
    until(other_end, "network", Health.OK)
    command = other_end.order(KIOSK, "ping")
    states: list[Outcome] = other_end.wait(
        lambda heard: heard.outcomes(command)[2:], timeout_s=PATIENCE_S
    )
    assert states[-1].state == "succeeded"
