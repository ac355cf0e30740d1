"""The whole chain: the real controller, and a machine that it really reboots."""

import json
from pathlib import Path
from typing import Any

from tests.agents import KIOSK
from tests.peer.region import Region, wait_until
from tests.vm.guest import PATIENCE_S
from tests.vm.kiosk import Kiosk
from tests.vm.restored import restored
from tests.vm.snapshot import Snapshot

FINAL = ("succeeded", "failed", "refused", "expired", "unknown")
_ORDER = """
import sys, django
django.setup()
from controller.commands.services import order
from controller.fleet.models import Kiosk
command = order(kiosk=Kiosk(pk=sys.argv[1]), name="reboot", args={}, user=None, actor="cli:root")
print(command.pk, end="")
"""
_RECEIPT = """
import json, sys, django
django.setup()
from controller.commands.models import Command
command = Command.objects.get(pk=sys.argv[1])
print(json.dumps([command.state, command.reason, command.result]), end="")
"""
_HEARD = """
import sys, django
django.setup()
from controller.fleet.models import Device
print(Device.objects.filter(kiosk_id=sys.argv[1]).count(), end="")
"""


def test_a_reboot_ordered_at_the_controller_comes_back_with_its_receipt(
    booted: Snapshot, agent_package: bytes, tmp_path: Path
) -> None:
    with Region(tmp_path / "region", 'public_host = "controller.test"\n') as region:
        papers = region.enrol(KIOSK)[KIOSK]
        region.start_broker()
        region.start("ingest")
        region.start("worker")
        with restored(booted, region.broker_port) as machine:
            kiosk = Kiosk(machine, agent_package, papers)
            kiosk.start()
            wait_until(
                lambda: int(region.python(_HEARD, KIOSK)) >= 3, "the kiosk's devices", PATIENCE_S
            )
            before = kiosk.guest.boot_id()
            command = region.python(_ORDER, KIOSK)

            def receipt() -> list[Any]:
                found: list[Any] = json.loads(region.python(_RECEIPT, command))
                return found

            wait_until(lambda: receipt()[0] in FINAL, "the reboot's receipt", 3 * PATIENCE_S)
            state, reason, result = receipt()
            kiosk.guest.wait()
            after = kiosk.guest.boot_id()
    assert (state, reason) == ("succeeded", "")
    assert result["simulated"] is False
    assert (result["old_boot_id"], result["new_boot_id"]) == (before, after)
    assert before != after
