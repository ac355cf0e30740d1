"""The link alone, on a real broker, over a line that swallows what the test tells it to."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.link import Link, Listener
from agent.loop import Loop
from contract.messages import Presence
from tests.agents import BOOT, KIOSK, config
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd
from tests.peer.relay import Relay

_WAIT_S = 20.0


class Kiosk:
    """A link and the loop that drives it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.loop = Loop()
        listener = Listener(lambda: None, lambda *_: None)
        self.link = Link(config(folder, port).broker, KIOSK, self.loop, _presence, listener)

    def until(self, met: Callable[[], object]) -> None:
        """Live on until `met` is true."""
        limit = time.monotonic() + _WAIT_S
        while not met():
            assert time.monotonic() < limit, "it never came"
            self.loop.turn(0.05)

    def connect(self) -> None:
        self.link.open()
        self.until(lambda: self.link.is_up)

    def leave(self, reason: str) -> None:
        """Say goodbye, until the link says that it is away."""
        left: list[str] = []
        self.link.close(reason, lambda: left.append(reason))
        self.until(lambda: left)


def _presence(session: str, is_online: bool, reason: str) -> Presence:
    return Presence(session, is_online, datetime.now(UTC), BOOT, "0", reason)


@pytest.fixture
def relay(broker: Broker) -> Iterator[Relay]:
    with Relay(broker.port) as line:
        yield line


@pytest.fixture
def kiosk(tmp_path: Path, authority: Authority, relay: Relay) -> Iterator[Kiosk]:
    authority.issue(KIOSK)
    made = Kiosk(tmp_path / "pki", relay.port)
    yield made
    made.link.close("stopping", lambda: None)
    made.loop.close()


def _reasons(other_end: OtherEnd) -> list[str]:
    return [said.reason for said in other_end.presences()]


def test_a_goodbye_with_much_unread_is_not_taken_for_a_loss(
    kiosk: Kiosk, other_end: OtherEnd
) -> None:
    for _ in range(5):
        kiosk.connect()
        kiosk.until(lambda: _reasons(other_end)[-1:] == ["connected"])
        for _ in range(2000):
            other_end.acknowledge(KIOSK, os.urandom(8).hex())
        kiosk.leave("stopping")
        other_end.wait(lambda heard: not heard.presences()[-1].is_online)
    assert _reasons(other_end) == ["connected", "stopping"] * 5


def test_a_goodbye_that_nobody_confirms_leaves_the_last_will_in_force(
    kiosk: Kiosk, other_end: OtherEnd, relay: Relay
) -> None:
    kiosk.connect()
    other_end.wait(lambda heard: "connected" in _reasons(heard))
    relay.swallows_words = relay.swallows_answers = True
    kiosk.leave("stopping")
    other_end.wait(lambda heard: "lost" in _reasons(heard))
    assert _reasons(other_end) == ["connected", "lost"]


@pytest.mark.parametrize("swallows_words", [True, False])
def test_an_unconfirmed_goodbye_never_follows_the_next_birth(
    kiosk: Kiosk, other_end: OtherEnd, relay: Relay, swallows_words: bool
) -> None:
    kiosk.connect()
    relay.swallows_words, relay.swallows_answers = swallows_words, True
    kiosk.leave("rebooting")
    relay.swallows_words = relay.swallows_answers = False
    kiosk.connect()
    kiosk.leave("stopping")  # on the same connection: what was to come before has come
    other_end.wait(lambda heard: "stopping" in _reasons(heard))
    last = other_end.presences()[-2:]
    assert [said.reason for said in last] == ["connected", "stopping"]
    assert _reasons(other_end).count("rebooting") == (0 if swallows_words else 1)
