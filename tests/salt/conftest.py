"""Real Salt for all tests of this tier."""

from collections.abc import Iterator

import pytest

from simulator.errors import MachineError
from simulator.machine import root as files
from tests.salt.stage import Stage, is_installed


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One for the whole run: tests have kiosks of their own on it, and leave master and API
    running."""
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    with Stage() as raised:
        yield raised


@pytest.fixture(scope="session")
def own_systems() -> None:
    """Debian systems of their own can be made here, or the test is skipped saying why not."""
    try:
        files.require_root()
    except MachineError as err:
        pytest.skip(str(err))
