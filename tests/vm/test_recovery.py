"""What a kiosk cures by itself, on a real kernel and by a real systemd."""

from pathlib import Path

from contract.events import EventName
from contract.health import Health
from contract.messages import Event
from tests.faults import Detection, fault
from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.hearing import until, until_there
from tests.vm.kiosk import Kiosk
from tests.vm.plugs import emulated

RIGHTS = (
    Path(__file__).parents[2] / "deploy" / "systemd" / "vigie-agent.service.d" / "recovery.conf"
)
LOUD = """
[recovery]
after_s = 1
verify_s = 120
[[peripheral]]
id = "loud"
kind = "speakers"
match = { usb_id = "46f4:0002" }
recovery = ["rebind"]
"""
UNBIND = """
cd /sys/bus/usb/drivers/snd-usb-audio
for one in *:*; do [ ! -e "$one" ] || echo "$one" > unbind; done
"""
LASER = """
[recovery]
after_s = 1
verify_s = 120
[[peripheral]]
id = "laser"
kind = "printer"
match = { queue = "Laser" }
recovery = ["restart:cups.service"]
"""
QUEUE = """
systemctl start cups.service
until lpadmin -p Laser -E -v file:///dev/null -m raw; do sleep 1; done
"""


def tried(other_end: OtherEnd) -> Event:
    """The first remedy that was told of."""

    def first(heard: OtherEnd) -> Event | None:
        every = (event for report in heard.reports() for event in report.events)
        return next((one for one in every if one.name == EventName.RECOVERY_TRIED), None)

    found: Event = other_end.wait(first, PATIENCE_S)
    return found


@fault(
    "speakers",
    "lost by their driver, and given back to it by the kiosk",
    "an emulated usb-audio is unbound in a virtual kiosk",
    "missing",
    "not-connected",
)
def test_a_sound_card_that_its_driver_lost_is_given_back_to_it(
    kiosk: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    plug, _ = emulated("usb-audio", audiodev="silence")
    plug(kiosk.machine)
    folder = "/etc/systemd/system/vigie-agent.service.d"
    kiosk.guest.write(f"{folder}/recovery.conf", RIGHTS.read_bytes())
    kiosk.guest.run("systemctl daemon-reload")
    kiosk.declare(LOUD)
    kiosk.start()
    until_there(other_end, "loud")
    detection.begins()
    kiosk.guest.run(UNBIND)
    detection.ends(until(other_end, "loud", Health.MISSING))
    found = tried(other_end)
    assert (found.device, found.facts["rung"], found.facts["worked"]) == ("loud", "rebind", True)
    until_there(other_end, "loud")


@fault(
    "printer",
    "its print service stopped, and restarted by the kiosk",
    "systemd's cups.service is stopped in a virtual kiosk",
    "failed",
    "cups-down",
)
def test_a_print_service_that_stopped_is_restarted(
    kiosk: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    kiosk.guest.run(QUEUE, PATIENCE_S)
    kiosk.declare(LASER, probes="printer_s = 5")
    kiosk.start()
    until(other_end, "laser", Health.OK)
    detection.begins()
    kiosk.guest.run("systemctl stop cups.socket cups.path cups.service", PATIENCE_S)
    detection.ends(until(other_end, "laser", Health.FAILED, "cups-down"))
    found = tried(other_end)
    assert found.facts["rung"] == "restart:cups.service"
    assert found.facts["worked"] is True
    until(other_end, "laser", Health.OK)
