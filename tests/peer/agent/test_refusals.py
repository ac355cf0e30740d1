"""When there is no connection: the cause is said once, with its remedy, and so is the recovery."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.agents import KIOSK
from tests.peer.agent.running import Agent
from tests.peer.authority import Authority, Credentials
from tests.peer.broker import CONTROLLER, Broker
from tests.peer.other_end import OtherEnd

LONG_AGO = datetime.now(UTC) - timedelta(days=800)
FAR_OFF = datetime.now(UTC) + timedelta(days=800)
DAY = timedelta(days=1)


@pytest.fixture
def serve(tmp_path: Path, authority: Authority) -> Iterator[Callable[[Credentials], Broker]]:
    """Start a broker that shows the given certificate."""
    started: list[Broker] = []

    def start(credentials: Credentials) -> Broker:
        broker = Broker(tmp_path / "other-broker", authority, credentials)
        broker.start()
        started.append(broker)
        return broker

    yield start
    for broker in started:
        broker.stop()


def complaint(agent: Agent) -> str:
    """What the agent says of its connection, once it has tried more than once."""
    agent.start()
    agent.wait_for("no connection")
    agent.wait_attempts(2)
    agent.stop()
    lines = [line for line in agent.said.splitlines() if "no connection" in line]
    assert len(lines) == 1
    return lines[0]


def test_a_broker_that_is_down_is_said_once_and_its_return_too(
    agent: Agent, broker: Broker
) -> None:
    broker.stop()
    said = complaint(agent)
    assert f"127.0.0.1:{broker.port} refuses connections: the broker is not running" in said
    agent.start()
    broker.start()
    agent.wait_for("connected to")
    OtherEnd(broker).close()
    assert "connected to" in agent.said


def test_a_name_without_address_is_said(agent: Agent) -> None:
    agent.configure("host", '"no-such-host.invalid"')
    assert "no-such-host.invalid has no address" in complaint(agent)


def test_a_broker_of_another_authority_is_said(
    tmp_path: Path, agent: Agent, serve: Callable[[Credentials], Broker]
) -> None:
    stranger = Authority(tmp_path / "stranger", "Somebody else")
    agent.configure("port", str(serve(stranger.issue("broker")).port))
    assert "is not signed by our authority: check broker.ca" in complaint(agent)


def test_a_brokers_expired_certificate_is_said(
    authority: Authority, agent: Agent, serve: Callable[[Credentials], Broker]
) -> None:
    old = authority.issue("old", LONG_AGO, LONG_AGO + DAY)
    agent.configure("port", str(serve(old).port))
    assert "the broker's certificate has expired" in complaint(agent)


def test_a_clock_years_behind_is_suspected_when_a_certificate_is_not_yet_valid(
    authority: Authority, agent: Agent, serve: Callable[[Credentials], Broker]
) -> None:
    coming = authority.issue("coming", FAR_OFF, FAR_OFF + DAY)
    agent.configure("port", str(serve(coming).port))
    said = complaint(agent)
    assert "not yet valid: is this kiosk's clock right?" in said
    assert f"{datetime.now(UTC):%Y-%m}" in said


def test_a_certificate_for_another_host_is_said(
    authority: Authority, agent: Agent, serve: Callable[[Credentials], Broker]
) -> None:
    other = authority.issue("other", address="127.0.0.9")
    agent.configure("port", str(serve(other).port))
    assert "is not for 127.0.0.1: check broker.host" in complaint(agent)


def test_our_own_expired_certificate_is_said(authority: Authority, agent: Agent) -> None:
    authority.issue(KIOSK, LONG_AGO, LONG_AGO + DAY)
    assert "this kiosk's certificate has expired: enrol again" in complaint(agent)


def test_our_own_revoked_certificate_is_said(
    authority: Authority, agent: Agent, broker: Broker
) -> None:
    authority.revoke(Credentials(authority.ca, agent.certificate, agent.certificate))
    broker.reload()
    assert "this kiosk's certificate was revoked: enrol again" in complaint(agent)


def test_an_unreadable_key_is_said(agent: Agent) -> None:
    agent.configure("key", '"nowhere.key"')
    assert agent.twin().stderr.endswith("must be a file: enrol this kiosk first\n")
    assert agent.twin().returncode == 2


def test_a_clone_with_the_same_identity_is_said(
    tmp_path: Path, authority: Authority, agent: Agent, broker: Broker, other_end: OtherEnd
) -> None:
    agent.start()
    other_end.wait(OtherEnd.presences)
    clone = Agent(tmp_path / "clone", authority, broker.port)
    clone.start()
    try:
        agent.wait_for("does a second machine use this identity, a cloned disk?")
    finally:
        clone.stop()


def test_the_controllers_own_name_is_no_kiosk(agent: Agent) -> None:
    agent.configure("kiosk", f'"{CONTROLLER}"')
    twin = agent.twin()
    assert twin.returncode == 2
    assert f"line 2: kiosk is '{CONTROLLER}', must be a kiosk id" in twin.stderr
