"""Real peers for all tests of this tier."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.authority import Authority
from tests.peer.broker import Broker, is_installed
from tests.peer.other_end import OtherEnd
from tests.peer.postgres import Postgres, binaries, toml


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "pki")


@pytest.fixture
def broker(tmp_path: Path, authority: Authority) -> Iterator[Broker]:
    if not is_installed():
        pytest.skip("mosquitto is not installed")
    started = Broker(tmp_path / "broker", authority)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def other_end(broker: Broker) -> Iterator[OtherEnd]:
    connected = OtherEnd(broker)
    yield connected
    connected.close()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    programs = binaries()
    if programs is None:
        pytest.skip("postgresql is not installed")
    with Postgres(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_toml(request: pytest.FixtureRequest) -> str:
    """Of each database in turn, what vigie.toml says of it."""
    if request.param == "sqlite":
        return ""
    return toml(request.getfixturevalue("postgres"))
