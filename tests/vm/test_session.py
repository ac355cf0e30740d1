"""A citizen is there when a program holds a real camera and a real microphone."""

from contract.reasons import OutcomeReason
from tests.agents import KIOSK
from tests.peer.agent.test_kiosk import ended
from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.hearing import until_fact, until_there
from tests.vm.kiosk import Kiosk

DECLARED = """
[[peripheral]]
id = "camera"
kind = "camera"
match = { path = "/dev/video0" }
[[peripheral]]
id = "microphone"
kind = "microphone"
match = { path = "/dev/snd/controlC0" }
"""
#: Opens the camera, then listens at the looped-back sound card.
VISIT = "exec 3< /dev/video0; exec arecord -q -D hw:0,1 -f S16_LE -r 48000 -c 2 /dev/null"


def test_a_visit_is_seen_locks_out_a_reboot_and_ends(kiosk: Kiosk, other_end: OtherEnd) -> None:
    kiosk.guest.run("modprobe -a vivid snd-aloop; udevadm settle")
    kiosk.declare(DECLARED)
    kiosk.start()
    until_there(other_end, "camera")
    until_there(other_end, "microphone")
    kiosk.guest.run(f"systemd-run --quiet --unit visit sh -c '{VISIT}'")
    until_fact(other_end, "session", "in_session", True)
    command = other_end.order(KIOSK, "reboot")
    refused = other_end.wait(lambda heard: ended(heard.outcomes(command)), PATIENCE_S)[-1]
    assert (refused.state, refused.reason.split(":")[0]) == ("refused", OutcomeReason.IN_SESSION)
    kiosk.guest.run("systemctl stop visit")
    over = until_fact(other_end, "session", "in_session", False)
    assert float(over.facts["last_duration_s"]) > 0
