"""The worker on the real broker: commands arrive, whatever is killed, or say why they do not."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract.commands import CommandState
from contract.messages import Command, Outcome, decode, encode
from contract.topics import Channel, build
from tests import fleets
from tests.peer.mqtt import Voice
from tests.peer.region import Papers, Region, wait_until

KIOSK = "pvp-63003-1"
TOPIC = build(KIOSK, Channel.COMMAND)

_ORDER = """
import sys, django
django.setup()
from datetime import timedelta
from controller.commands.models import Command
from controller.commands.services import order
from controller.fleet.models import Kiosk
command = order(kiosk=Kiosk(pk=sys.argv[1]), name="ping", args={}, user=None, actor="cli:root")
expires_at = command.issued_at + timedelta(seconds=float(sys.argv[2]))
Command.objects.filter(pk=command.pk).update(expires_at=expires_at)
print(command.pk, end="")
"""


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as made:
        yield made


@pytest.fixture
def papers(region: Region) -> Papers:
    found = region.enrol(KIOSK)[KIOSK]
    region.start_broker()
    return found


@contextmanager
def listening(region: Region, papers: Papers) -> Iterator[Voice]:
    """The kiosk, connected, with a session that outlives it."""
    with Voice(region.broker_port, papers, keeps_session=True) as voice:
        voice.subscribe(TOPIC)
        yield voice


def ping(region: Region, expires_in_s: float = 60) -> str:
    """Order a ping; its id."""
    return region.python(_ORDER, KIOSK, str(expires_in_s))


def stored(region: Region, command: str) -> dict[str, Any]:
    """The command as the database has it."""
    with sqlite3.connect(region.home / "vigie.sqlite3") as database:
        database.row_factory = sqlite3.Row
        row = database.execute(
            "SELECT * FROM commands_command WHERE id = ?", [command.replace("-", "")]
        ).fetchone()
    return dict(row)


def await_state(region: Region, command: str, state: CommandState) -> dict[str, Any]:
    """The command, once it has come to this state."""
    wait_until(lambda: stored(region, command)["state"] == state, f"{state} of {command}")
    return stored(region, command)


def commands(voice: Voice) -> list[str]:
    """The ids of the commands heard, in order."""
    heard = [decode(Channel.COMMAND, payload) for topic, payload in voice.heard if topic == TOPIC]
    return [message.id for message in heard if isinstance(message, Command)]


@contextmanager
def nobody_may_write(region: Region) -> Iterator[None]:
    """The database, read but not written by others meanwhile."""
    database = sqlite3.connect(region.home / "vigie.sqlite3", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


def test_a_command_reaches_the_kiosk_and_is_marked_sent(region: Region, papers: Papers) -> None:
    region.start("worker")
    with listening(region, papers) as kiosk:
        command = ping(region)
        wait_until(lambda: commands(kiosk) == [command], "the command at the kiosk")
        assert await_state(region, command, CommandState.SENT)["sent_at"] is not None


def test_a_worker_killed_before_its_mark_sends_the_same_command_again(
    region: Region, papers: Papers
) -> None:
    with listening(region, papers) as kiosk:
        command = ping(region)
        with nobody_may_write(region):
            region.start("worker")
            wait_until(lambda: commands(kiosk) == [command], "the command at the kiosk")
            region.kill("worker")
        assert stored(region, command)["state"] == CommandState.QUEUED
        region.start("worker")
        await_state(region, command, CommandState.SENT)
        # The kiosk's journal knows it by its id and does it once.
        assert commands(kiosk) == [command, command]


def test_a_command_waits_with_the_broker_for_a_kiosk_that_is_away(
    region: Region, papers: Papers
) -> None:
    with listening(region, papers):
        pass
    region.start("worker")
    command = ping(region)
    await_state(region, command, CommandState.SENT)
    with listening(region, papers) as kiosk:
        wait_until(lambda: commands(kiosk) == [command], "the command at the kiosk")


def test_the_command_of_an_absent_kiosk_expires_says_so_and_is_never_delivered(
    region: Region, papers: Papers
) -> None:
    with listening(region, papers):
        pass
    region.start("worker")
    late = ping(region, expires_in_s=2)
    ended = await_state(region, late, CommandState.EXPIRED)
    assert ended["reason"] == "not-answered"
    with listening(region, papers) as kiosk:
        command = ping(region)
        wait_until(lambda: command in commands(kiosk), "the next command at the kiosk")
        assert commands(kiosk) == [command]


def test_a_kiosk_that_connects_for_the_first_time_gets_what_waits_for_it(
    region: Region, papers: Papers
) -> None:
    region.start("worker")
    command = ping(region)
    wait_until(lambda: "nobody listens" in region.log("worker"), "the broker's refusal")
    assert stored(region, command)["state"] == CommandState.QUEUED
    with listening(region, papers) as kiosk:
        wait_until(lambda: commands(kiosk) == [command], "the command at the kiosk")
    await_state(region, command, CommandState.SENT)


def test_a_broker_that_comes_back_gets_what_waited_for_it(region: Region, papers: Papers) -> None:
    with listening(region, papers):
        pass
    region.start("worker")
    wait_until(lambda: "connected to the broker" in region.log("worker"), "the worker's link")
    time.sleep(3)  # the broker saves its sessions once in two seconds
    region.kill("broker")
    command = ping(region)
    region.start_broker()
    await_state(region, command, CommandState.SENT)
    assert region.log("worker").count("connection was lost") == 1


def test_one_of_two_workers_leads_and_the_other_takes_over(region: Region, papers: Papers) -> None:
    region.start("worker", label="first")
    wait_until(lambda: "leading" in region.log("first"), "the first worker's lead")
    region.start("worker", label="second")
    wait_until(lambda: "another worker leads" in region.log("second"), "the second's patience")
    with listening(region, papers) as kiosk:
        command = ping(region)
        await_state(region, command, CommandState.SENT)
        assert "leading" not in region.log("second")
        region.kill("first")
        after = ping(region)
        await_state(region, after, CommandState.SENT)
        assert "leading" in region.log("second")
        assert commands(kiosk) == [command, after]


def test_a_worker_stops_when_it_is_told_to(region: Region, papers: Papers) -> None:
    region.start("worker")
    wait_until(lambda: "connected to the broker" in region.log("worker"), "the worker's link")
    assert region.stop("worker") == 0


def test_the_command_line_follows_a_reboot_to_its_end(region: Region, papers: Papers) -> None:
    for part in ("worker", "ingest"):
        region.start(part)
    with listening(region, papers) as kiosk:
        region.start("reboot", KIOSK, "--why", "écran noir", "--wait")
        wait_until(lambda: len(commands(kiosk)) == 1, "the command at the kiosk")
        issued = decode(Channel.COMMAND, kiosk.heard[0][1])
        assert isinstance(issued, Command)
        await_state(region, issued.id, CommandState.SENT)
        for word in fleets.story(
            issued.id,
            (CommandState.ACCEPTED, CommandState.RUNNING, CommandState.SUCCEEDED),
            issued.issued_at,
        ):
            kiosk.say(build(KIOSK, Channel.OUTCOME), encode(word))
        wait_until(lambda: not region.is_running("reboot"), "the end of vigie reboot")
    assert region.stop("reboot") == 0
    steps = [line.split()[1] for line in region.log("reboot").splitlines()[1:]]
    assert steps == ["queued", "sent", "accepted", "running", "succeeded"]


def test_the_command_line_says_why_a_reboot_did_not_come_to_be(
    region: Region, papers: Papers
) -> None:
    for part in ("worker", "ingest"):
        region.start(part)
    with listening(region, papers) as kiosk:
        region.start("reboot", KIOSK, "--why", "écran noir", "--wait")
        wait_until(lambda: len(commands(kiosk)) == 1, "the command at the kiosk")
        said: Outcome = fleets.outcome(
            commands(kiosk)[0],
            CommandState.REFUSED,
            decode(Channel.COMMAND, kiosk.heard[0][1]).issued_at,  # type: ignore[union-attr]
            reason="a citizen is in session",
        )
        kiosk.say(build(KIOSK, Channel.OUTCOME), encode(said))
        wait_until(lambda: not region.is_running("reboot"), "the end of vigie reboot")
    assert region.stop("reboot") == 1
    assert "refused    a citizen is in session" in region.log("reboot")


def test_the_fleet_is_imported_and_shown_by_the_command_line(
    region: Region, tmp_path: Path
) -> None:
    file = tmp_path / "kiosks.csv"
    header = "kiosk,kind,site,site_name,host_type,commune,insee,department\n"
    line = f"{KIOSK},pvp,ambert,Mairie d'Ambert,town-hall,Ambert,63003,63\n"
    file.write_text(header + line.replace("town-hall", "castle"))
    assert "line 2, column host_type: 'castle'" in region.vigie(
        "fleet", "import", str(file), code=1
    )
    file.write_text(header + line)
    assert "dry run" in region.vigie("fleet", "import", str(file), "--dry-run")
    assert json.loads(region.vigie("fleet", "--json")) == {"kiosks": []}
    region.vigie("fleet", "import", str(file))
    shown = json.loads(region.vigie("fleet", "--json", "--department", "63", "--needs-hand"))
    assert [(row["id"], row["standing"]) for row in shown["kiosks"]] == [(KIOSK, "silent")]
    assert "kiosk" in region.vigie("reboot", "pvp-404", "--why", "essai", code=1)
