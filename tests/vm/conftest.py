"""A booted kiosk for each test, restored from one snapshot in seconds."""

from collections.abc import Generator, Iterator

import pytest

from tests.agents import KIOSK
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.conftest import authority, broker, other_end
from tests.vm import image
from tests.vm.errors import MachineError
from tests.vm.kiosk import Kiosk
from tests.vm.machine import Machine
from tests.vm.package import package
from tests.vm.restored import restored
from tests.vm.snapshot import Snapshot, snapshot

__all__ = ["authority", "broker", "other_end"]


@pytest.fixture(scope="session")
def booted() -> Snapshot:
    """Made when it is not there yet: a minute or two, once."""
    wanted = image.missing()
    if wanted is not None:
        pytest.skip(wanted)
    return snapshot()


@pytest.fixture(scope="session")
def agent_package() -> bytes:
    return package()


@pytest.fixture
def hardware(booted: Snapshot, broker: Broker) -> Iterator[Machine]:
    """A running machine that reaches this test's broker."""
    with restored(booted, broker.port) as machine:
        yield machine


@pytest.fixture
def kiosk(hardware: Machine, agent_package: bytes, authority: Authority) -> Kiosk:
    """The agent is installed, and not started yet."""
    return Kiosk(hardware, agent_package, authority.issue(KIOSK))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure is told with what the kiosk had to say about it."""
    report = yield
    found = getattr(item, "funcargs", {}).get("kiosk")
    if report.when == "call" and report.failed and isinstance(found, Kiosk):
        try:
            report.sections.append(("the agent's journal", found.journal()))
        except (MachineError, AssertionError) as err:
            report.sections.append(("the agent's journal", f"not to be had: {err}"))
        report.sections.append(("the machine's console", found.machine.console[-3000:]))
    return report
