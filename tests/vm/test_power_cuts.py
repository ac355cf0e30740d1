"""The power goes, or the machine hangs: nothing that was on disk is lost."""

from pathlib import Path

from contract.messages import Durable
from tests.agents import KIOSK
from tests.peer.agent.test_kiosk import ended
from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.kiosk import Kiosk

BOOT_S = 3 * PATIENCE_S
WATCHDOG = Path(__file__).parents[2] / "deploy/systemd/system.conf.d/vigie-watchdog.conf"


def numbers(other_end: OtherEnd, start: int = 0) -> set[tuple[str, int]]:
    """Epoch and seq of what was heard since `start`."""
    messages = (message for _, message in other_end.heard[start:])
    return {(one.epoch, one.seq) for one in messages if isinstance(one, Durable)}


def new_boot(other_end: OtherEnd, before: str) -> str:
    """The boot of the first report that is not from boot `before`."""
    found: str = other_end.wait(
        lambda heard: next((one.boot_id for one in heard.reports() if one.boot_id != before), None),
        BOOT_S,
    )
    return found


def test_what_was_not_acknowledged_when_the_power_went_is_said_when_it_is_back(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    other_end.is_acknowledging = False
    kiosk.start()
    before = other_end.wait(OtherEnd.reports, PATIENCE_S)[0].boot_id
    command = other_end.order(KIOSK, "ping")
    other_end.wait(lambda heard: ended(heard.outcomes(command)), PATIENCE_S)
    unheard, start = numbers(other_end), len(other_end.heard)
    kiosk.machine.cut_power()
    other_end.is_acknowledging = True
    kiosk.machine.power_on()
    other_end.wait(lambda heard: unheard <= numbers(heard, start), BOOT_S)
    after = new_boot(other_end, before)
    assert [one.state for one in other_end.outcomes(command)] == [
        "accepted",
        "running",
        "succeeded",
    ]
    kiosk.guest.wait()
    assert kiosk.guest.boot_id() == after != before


def test_a_kiosk_that_is_reset_comes_back_by_itself(kiosk: Kiosk, other_end: OtherEnd) -> None:
    kiosk.start()
    before = other_end.wait(OtherEnd.reports, PATIENCE_S)[0].boot_id
    kiosk.machine.monitor.ask("system_reset")
    after = new_boot(other_end, before)
    kiosk.guest.wait()
    assert kiosk.guest.boot_id() == after
    assert kiosk.unit("ActiveState") == "active"


def test_a_machine_that_hangs_is_reset_by_its_watchdog_and_reports_again(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    kiosk.guest.run("mkdir -p /etc/systemd/system.conf.d")
    kiosk.guest.write(f"/etc/systemd/system.conf.d/{WATCHDOG.name}", WATCHDOG.read_bytes())
    kiosk.guest.run("systemctl daemon-reexec; test -e /dev/watchdog0")
    kiosk.start()
    before = other_end.wait(OtherEnd.reports, PATIENCE_S)[0].boot_id
    crash = "sync; echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger"
    kiosk.machine.monitor.wait_for("WATCHDOG", BOOT_S, lambda: kiosk.guest.begin(crash))
    after = new_boot(other_end, before)
    kiosk.guest.wait()
    assert kiosk.guest.boot_id() == after
