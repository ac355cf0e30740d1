"""A batch goes on exactly where it was, however often its worker is killed."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from contract.commands import CommandState
from contract.messages import Command, decode, encode
from contract.topics import Channel, build
from tests import fleets
from tests.peer.mqtt import Voice
from tests.peer.region import Region, wait_until

KIOSKS = tuple(f"pvp-63003-{number}" for number in range(1, 5))

_CREATE = """
import sys, django
django.setup()
from controller.commands import batches
made = batches.create(
    kiosks=sys.argv[2:], name="restart-agent", args={}, user=None, actor="cli:root", why="update",
    rolling=batches.Rolling(at_a_time=1, pause_s=0, stop_after_failures=int(sys.argv[1])),
)
print(made.pk, end="")
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.commands.models import Batch, Command
batch = Batch.objects.get()
json.dump({
    "state": batch.state,
    "items": list(batch.items.values_list("state", "reason")),
    "commands": Command.objects.count(),
}, sys.stdout)
"""


@pytest.fixture
def region(tmp_path: Path, database_toml: str) -> Iterator[Region]:
    with Region(tmp_path, database_toml) as made:
        yield made


@pytest.fixture
def kiosks(region: Region) -> Iterator[dict[str, Voice]]:
    """All connected, and somebody who takes in what they say."""
    papers = region.enrol(*KIOSKS)
    region.start_broker()
    region.start("ingest")
    wait_until(lambda: "connected" in region.log("ingest"), "ingest connected")
    with ExitStack() as stack:
        voices = {
            name: stack.enter_context(Voice(region.broker_port, papers[name], keeps_session=True))
            for name in KIOSKS
        }
        for name, voice in voices.items():
            voice.subscribe(build(name, Channel.COMMAND))
        yield voices


def look(region: Region) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(region.python(_LOOK))
    return found


def orders(voice: Voice) -> list[Command]:
    heard = [decode(Channel.COMMAND, payload) for _, payload in voice.heard]
    return [one for one in heard if isinstance(one, Command)]


def answer(name: str, voice: Voice, end: CommandState) -> None:
    """The kiosk carries out its order."""
    command = orders(voice)[0]
    states = (CommandState.ACCEPTED, CommandState.RUNNING, end)
    for word in fleets.story(command.id, states, command.issued_at):
        voice.say(build(name, Channel.OUTCOME), encode(word))


def test_each_kiosk_gets_one_order_though_the_worker_is_killed_at_each(
    region: Region, kiosks: dict[str, Voice]
) -> None:
    region.python(_CREATE, "1", *KIOSKS)
    for name, voice in kiosks.items():
        region.start("worker")
        wait_until(lambda: orders(voice) != [], f"the order of {name}")  # noqa: B023
        region.kill("worker")
        answer(name, voice, CommandState.SUCCEEDED)
    region.start("worker")
    wait_until(lambda: look(region)["state"] == "done", "the end of the batch")
    found = look(region)
    assert found["items"] == [["succeeded", ""]] * len(KIOSKS)
    assert found["commands"] == len(KIOSKS)
    # One that was sent but not yet marked comes twice, under the same id.
    assert [len({one.id for one in orders(voice)}) for voice in kiosks.values()] == [1, 1, 1, 1]


def test_it_still_stops_at_the_failure_that_it_was_told(
    region: Region, kiosks: dict[str, Voice]
) -> None:
    region.python(_CREATE, "1", *KIOSKS)
    first = KIOSKS[0]
    region.start("worker")
    wait_until(lambda: orders(kiosks[first]) != [], "the first order")
    region.kill("worker")
    answer(first, kiosks[first], CommandState.FAILED)
    region.start("worker")
    wait_until(lambda: look(region)["state"] == "stopped", "the stop")
    found = look(region)
    assert [state for state, _ in found["items"]] == ["failed", "skipped", "skipped", "skipped"]
    assert found["commands"] == 1
