"""The card reader probe against a real pcscd with a virtual reader."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import Peripheral
from agent.probes import card_reader
from contract.health import DeviceState, Health
from tests.agents import OneProbe
from tests.faults import Detection, fault
from tests.peer.agent.cards import pcscd

Look = Callable[[], DeviceState]
Begin = Callable[..., Look]

if (_WHY_NOT := pcscd.why_not()) != "":
    pytest.skip(_WHY_NOT, allow_module_level=True)


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """A card reader probe with these settings; each call of what it answers is one run."""

    def start(**told: Any) -> Look:
        item = Peripheral("cards", "card-reader", settings=told)
        return OneProbe(card_reader.probe, item, tmp_path).look

    return start


@pytest.fixture
def service(tmp_path: Path) -> Iterator[pcscd.Pcscd]:
    made = pcscd.Pcscd(tmp_path / "pcscd")
    yield made
    made.stop()


@fault("card-reader", "its service ends", "pcscd is ended", "failed", "pcscd-down")
def test_readers_without_their_service_have_failed(
    begin: Begin, service: pcscd.Pcscd, detection: Detection
) -> None:
    look = begin(reader="Lab Reader", socket=service.socket, every_s=0)
    assert look().health is Health.OK
    detection.begins()
    service.stop()
    detection.ends(look())


def test_the_reader_is_called_as_another_program_calls_it(
    begin: Begin, service: pcscd.Pcscd
) -> None:
    opensc = Path("/usr/bin/opensc-tool")
    if not opensc.exists():
        pytest.skip("opensc is not installed")
    name = begin(reader="Lab Reader", socket=service.socket)().facts["pcsc_name"]
    listed = subprocess.run(
        [opensc, "--list-readers"],
        env={"PCSCLITE_CSOCK_NAME": service.socket},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout
    assert str(name) in listed


def test_a_reader_that_the_service_does_not_know_is_missing(
    begin: Begin, service: pcscd.Pcscd
) -> None:
    state = begin(reader="Another", socket=service.socket)()
    assert (state.health, state.reasons) == (Health.MISSING, ("not-connected",))


def test_a_service_without_readers_lists_none(tmp_path: Path) -> None:
    service = pcscd.Pcscd(tmp_path / "pcscd", has_reader=False)
    try:
        assert card_reader.ask(service.socket) == card_reader.Listing()
    finally:
        service.stop()
