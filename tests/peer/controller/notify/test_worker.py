"""The worker itself sends: what waits leaves while it runs, without anybody asking."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.broker import is_installed
from tests.peer.controller.notify.smtp import SmtpServer
from tests.peer.region import Region, wait_until

_WAIT = """
import json, sys, django
django.setup()
from django.utils import timezone
from controller.notify import services
from controller.notify.models import Notification
services.save_channel(key="mail", title="Mail", kind="smtp", secret="", actor="x", settings={
    "host": "127.0.0.1", "port": int(sys.argv[1]), "security": "none", "sender": "v@example.org"})
services.save_contact(key="marie", name="Marie", addresses=[("mail", "m@example.org")], actor="x")
now = timezone.now()
Notification.objects.create(key="digest.1.today", kind="digest", contact_id="marie",
    channel_id="mail", address="m@example.org", recipient="Marie", title="Vigie today", text="-",
    created_at=now, next_try_at=now)
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.notify.models import Notification
json.dump(list(Notification.objects.values_list("state", "tries")), sys.stdout)
"""


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    if not is_installed():
        pytest.skip("mosquitto is not installed")
    with Region(tmp_path) as region:
        region.start_broker()
        yield region


def test_the_worker_sends_what_waits_and_notes_it(region: Region) -> None:
    with SmtpServer() as server:
        region.python(_WAIT, str(server.port))
        region.start("worker")
        wait_until(lambda: len(server.box.mails) == 1, f"the mail: {region.log('worker')}")
        wait_until(lambda: json.loads(region.python(_LOOK)) == [["sent", 1]], "its note")
        assert region.stop("worker") == 0
    assert "Traceback" not in region.log("worker")
