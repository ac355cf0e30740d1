"""From an alert to the mail: through dead servers and killed senders, on both databases."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.peer.controller.notify.alertmanager import Alertmanager
from tests.peer.controller.notify.smtp import SmtpServer
from tests.peer.postgres import Postgres, binaries, toml
from tests.peer.region import ROOT, Region, wait_until

_FIRE = """
import json, sys, django
django.setup()
from datetime import datetime, timedelta
from controller.fleet.models import Kiosk
from controller.notify import services
from tests import fleets
from tests.unit.controller.notify.conftest import alert, event
channels, at = json.loads(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
addresses = []
for key, (kind, settings) in channels.items():
    services.save_channel(key=key, title=key, kind=kind, settings=settings, secret="", actor="x")
    addresses.append((key, "marie@example.org" if kind == "smtp" else ""))
name = "-".join(channels)
services.save_contact(key=name, name="Marie", addresses=addresses, actor="x")
fired = alert(fleets.kiosk(f"pvp-{name}"), since=at, fired_at=at, fingerprint=name)
event(fired, at=at - timedelta(minutes=1), tells=(name,))
print(fired.pk, end="")
"""
_END = """
import sys, django
django.setup()
from datetime import datetime, timedelta
from controller.alerts.models import Alert
from tests.unit.controller.notify.conftest import event
ended, at = Alert.objects.get(pk=sys.argv[1]), datetime.fromisoformat(sys.argv[2])
ended.state, ended.resolved_at = "resolved", at
ended.save()
(tells,) = ended.events.filter(name="fired").values_list("tells", flat=True)
event(ended, "resolved", at=at - timedelta(minutes=1), tells=tuple(tells))
"""
#: Nobody is given up on while a test holds its answer back.
_TURN = """
import sys, django
django.setup()
from datetime import datetime
from controller.notify import deliver
from controller.notify.senders import smtp
smtp.LIMIT_S = 120.0
deliver.turn(datetime.fromisoformat(sys.argv[1]))
"""
_REMIND = """
import sys, django
django.setup()
from datetime import datetime
from controller.notify import deliver
deliver.remind(datetime.fromisoformat(sys.argv[1]))
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.alerts.models import Condition
from controller.notify import selectors
from controller.notify.selectors import Wanted
notes = selectors.notifications(Wanted(channel=sys.argv[1]))
json.dump({
    "states": [[note.kind, note.state] for note in notes],
    "tries": [[one.has_worked for one in note.attempts.all()] for note in notes],
    "failing": Condition.objects.filter(key="channel-failing", subject=sys.argv[1]).count(),
}, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Telling:
    """A region, and what there is to do with its messages."""

    region: Region
    now: datetime  # an Alertmanager drops what ended long ago, so not of the tests' collection

    @property
    def later(self) -> datetime:
        return self.now + timedelta(hours=1)

    def fire(self, **channels: tuple[str, dict[str, object]]) -> str:
        return self.region.python(_FIRE, json.dumps(channels), self.now.isoformat())

    def turn(self, now: datetime) -> None:
        self.region.python(_TURN, now.isoformat())

    def turning(self, now: datetime) -> subprocess.Popen[bytes]:
        """A process that takes a turn, to be killed or waited for."""
        command = (sys.executable, "-c", _TURN, now.isoformat())
        return subprocess.Popen(command, cwd=ROOT, env=self.region.environment)

    def look(self, channel: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.region.python(_LOOK, channel))
        return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def telling(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Telling]:
    with ExitStack() as held:
        database = ""
        if request.param == "postgresql":
            programs = binaries()
            if programs is None:
                pytest.skip("postgresql is not installed")
            server = held.enter_context(Postgres(programs))
            database = toml(server)
        folder: Path = tmp_path_factory.mktemp("region")
        yield Telling(held.enter_context(Region(folder, database)), datetime.now(UTC))


def mailing(server: SmtpServer) -> tuple[str, dict[str, object]]:
    return "smtp", {
        "host": "127.0.0.1", "port": server.port, "security": "none",
        "sender": "vigie@example.org",
    }  # fmt: skip


def test_a_server_that_comes_back_gets_one_message(telling: Telling) -> None:
    server = SmtpServer()
    telling.fire(back=mailing(server))
    telling.turn(telling.now)
    assert telling.look("back")["states"] == [["fired", "waiting"]]
    with server:
        telling.turn(telling.later)
        telling.turn(telling.later + timedelta(hours=1))
    assert len(server.box.mails) == 1
    assert telling.look("back") == {
        "states": [["fired", "sent"]],
        "tries": [[False, True]],
        "failing": 0,
    }


def test_a_channel_that_fails_for_long_is_noted_until_it_works(telling: Telling) -> None:
    server = SmtpServer()
    telling.fire(long=mailing(server))
    telling.turn(telling.now)
    assert telling.look("long")["failing"] == 0
    telling.turn(telling.later)
    assert telling.look("long")["failing"] == 1
    with server:
        telling.turn(telling.later + timedelta(hours=1))
    assert telling.look("long")["failing"] == 0


def test_what_ends_while_the_server_is_dead_is_told_in_one(telling: Telling) -> None:
    server = SmtpServer()
    number = telling.fire(ended=mailing(server))
    telling.turn(telling.now)
    telling.region.python(_END, number, telling.later.isoformat())
    with server:
        telling.turn(telling.later)
        telling.turn(telling.later + timedelta(hours=1))
    (mail,) = server.box.mails
    assert mail.message["Message-ID"].startswith("<resolved.")


def test_a_channel_that_hangs_holds_up_no_other(telling: Telling) -> None:
    with SmtpServer() as hanging, SmtpServer() as living:
        hanging.box.holds = True
        telling.fire(hanging=mailing(hanging), living=mailing(living))
        process = telling.turning(telling.now)
        try:
            wait_until(lambda: len(hanging.box.mails) == 1, "the message that is not answered")
            wait_until(lambda: len(living.box.mails) == 1, "the message by the living channel")
            wait_until(lambda: telling.look("living")["tries"] == [[True]], "its answer noted")
            assert telling.look("hanging")["tries"] == [[]]
            hanging.box.release.set()
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()
    assert telling.look("hanging")["tries"] == [[True]]


def test_a_sender_killed_before_it_noted_the_answer_repeats_recognisably(telling: Telling) -> None:
    with SmtpServer() as server:
        server.box.holds = True
        telling.fire(killed=mailing(server))
        process = telling.turning(telling.now)
        try:
            wait_until(lambda: len(server.box.mails) == 1, "the message")
        finally:
            os.kill(process.pid, 9)
            process.wait()
        server.box.holds = False
        server.box.release.set()
        for now in (telling.now, telling.now, telling.later):
            telling.turn(now)
    first, second = (mail.message["Message-ID"] for mail in server.box.mails)
    assert first == second
    assert telling.look("killed") == {
        "states": [["fired", "sent"]],
        "tries": [[True]],
        "failing": 0,
    }


def test_an_alertmanager_is_reminded_until_the_end(
    telling: Telling, alertmanager: Alertmanager
) -> None:
    number = telling.fire(am=("alertmanager", {"url": alertmanager.url}))
    telling.turn(telling.now)
    wait_until(lambda: len(alertmanager.alerts()) == 1, "the alert")
    before = alertmanager.alerts()[0]["endsAt"]
    telling.region.python(_REMIND, (telling.now + timedelta(minutes=6)).isoformat())
    wait_until(lambda: alertmanager.alerts()[0]["endsAt"] > before, "a later end")
    assert alertmanager.alerts()[0]["labels"]["vigie_alert"] == number
    telling.region.python(_END, number, (telling.now + timedelta(seconds=1)).isoformat())
    telling.turn(telling.later)
    wait_until(lambda: alertmanager.alerts() == [], "the end")
