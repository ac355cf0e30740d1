"""The agent under its real unit, on a real kernel with a real systemd."""

from tests.peer.other_end import OtherEnd
from tests.vm.guest import PATIENCE_S
from tests.vm.kiosk import Kiosk


def test_the_agent_under_its_unit_is_online_and_reports_how_the_kiosk_is(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    kiosk.start()
    report = other_end.wait(
        lambda heard: [one for one in heard.reports() if one.is_full], PATIENCE_S
    )[0]
    assert other_end.presences()[0].is_online
    assert other_end.presences()[0].boot_id == kiosk.guest.boot_id()
    healths = {device.id: device.health for device in report.devices}
    assert {"system", "storage", "network"} <= healths.keys()
    assert kiosk.unit("ActiveState") == "active"
