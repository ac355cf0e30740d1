"""A real ext4 that fills up, and that its kernel turns read-only."""

from contract.health import Health
from tests.agents import KIOSK
from tests.faults import Detection, fault
from tests.peer.agent.test_kiosk import ended
from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.hearing import until
from tests.vm.kiosk import Kiosk

#: All but 64 MB at once, and the rest until the kernel says ENOSPC.
FILL = """
fallocate -l $(($(stat -f -c "%f * %S" /) - 67108864)) /filling || true
! cat /dev/zero > /rest
"""


@fault("storage", "root disk full", "a virtual kiosk's ext4 is filled", "failed", "storage-full")
def test_a_kiosk_whose_disk_is_full_says_so_still_answers_and_recovers(
    kiosk: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    kiosk.declare("", probes="storage_s = 5")
    kiosk.start()
    until(other_end, "storage", Health.OK)
    detection.begins()
    kiosk.guest.run(FILL)
    detection.ends(until(other_end, "storage", Health.FAILED, "storage-full"))
    # Whether a command may still be done depends on room left inside the agent's own file.
    command = other_end.order(KIOSK, "ping")
    other_end.wait(lambda heard: ended(heard.outcomes(command)), PATIENCE_S)
    kiosk.guest.run("rm -f /filling /rest")
    until(other_end, "storage", Health.OK)
    again = other_end.order(KIOSK, "ping")
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(again)), PATIENCE_S)
    assert outcomes[-1].state == "succeeded"


@fault(
    "storage",
    "turned read-only by the kernel",
    "a virtual kiosk's ext4 is remounted by SysRq",
    "failed",
    "read-only",
)
def test_a_disk_that_the_kernel_turns_read_only_is_said_without_it(
    kiosk: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    kiosk.declare("", probes="storage_s = 5")
    kiosk.start()
    until(other_end, "storage", Health.OK)
    detection.begins()
    kiosk.guest.begin("echo u > /proc/sysrq-trigger")
    detection.ends(until(other_end, "storage", Health.FAILED, "read-only"))
