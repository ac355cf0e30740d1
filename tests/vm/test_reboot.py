"""A reboot that is one: ordered, done, and proven by the new boot."""

from tests.agents import KIOSK
from tests.peer.agent.test_kiosk import ended
from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.kiosk import Kiosk

REBOOT_S = 3 * PATIENCE_S


def test_a_real_reboot_succeeds_only_once_the_machine_has_a_new_boot(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    kiosk.start()
    before = other_end.wait(OtherEnd.reports, PATIENCE_S)[0].boot_id
    assert before == kiosk.guest.boot_id()
    command = other_end.order(KIOSK, "reboot", expires_in_s=600)
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(command)), REBOOT_S)
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    kiosk.guest.wait()
    after = kiosk.guest.boot_id()
    result = outcomes[-1].result
    assert result["simulated"] is False
    assert (result["old_boot_id"], result["new_boot_id"]) == (before, after)
    assert outcomes[-1].boot_id == after != before
    said = [one.reason for one in other_end.presences()]
    assert said[:3] == ["connected", "rebooting", "connected"]
