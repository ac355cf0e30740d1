"""A real agent process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.agent.running import Agent
from tests.peer.authority import Authority
from tests.peer.broker import Broker


@pytest.fixture
def agent(tmp_path: Path, authority: Authority, broker: Broker) -> Iterator[Agent]:
    """Not started yet; stopped at the end."""
    one = Agent(tmp_path / "kiosk", authority, broker.port)
    yield one
    one.stop()
