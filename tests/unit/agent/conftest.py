"""Make-believe hardware for all tests of the agent."""

from collections.abc import Iterator

import pytest

from tests.unit.agent.probes.testbed import Bed, why_not


@pytest.fixture
def bed() -> Iterator[Bed]:
    if why_not():
        pytest.skip(why_not())
    made = Bed()
    yield made
    made.close()
