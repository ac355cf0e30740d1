"""The agent under its real unit, on a real kernel with a real systemd."""

from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.kiosk import Kiosk

#: The unit gives the agent 90 s; here a test would wait for as long.
IMPATIENT = b"[Service]\nWatchdogSec=20\n"


def test_the_agent_under_its_unit_is_online_and_reports_how_the_kiosk_is(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    kiosk.start()
    report = other_end.wait(
        lambda heard: [one for one in heard.reports() if one.is_full], PATIENCE_S
    )[0]
    assert other_end.presences()[0].is_online
    assert other_end.presences()[0].boot_id == kiosk.guest.boot_id()
    assert {"system", "storage", "network"} <= {device.id for device in report.devices}
    assert kiosk.unit("ActiveState") == "active"


def test_systemd_hears_that_the_agent_is_alive_and_starts_one_that_hangs_anew(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    kiosk.guest.write("/etc/systemd/system/vigie-agent.service.d/watchdog.conf", IMPATIENT)
    kiosk.guest.run("systemctl daemon-reload")
    kiosk.start()
    other_end.wait(OtherEnd.presences, PATIENCE_S)
    heard_at = kiosk.unit("WatchdogTimestampMonotonic")
    kiosk.guest.run(
        "until [ $(systemctl show --value -p WatchdogTimestampMonotonic vigie-agent)"
        f" -gt {heard_at} ]; do sleep 1; done"
    )
    assert kiosk.unit("NRestarts") == "0"
    kiosk.guest.run("systemctl kill --signal=STOP vigie-agent")
    other_end.wait(lambda heard: heard.presences()[2:], PATIENCE_S)
    said = [one.reason for one in other_end.presences()[:3]]
    assert said == ["connected", "lost", "connected"]
    assert kiosk.unit("NRestarts") == "1"
