"""What is done about a failed peripheral: the programs asked, and their refusals."""

from pathlib import Path

import pytest

from agent.config import Match, Peripheral, Rung, RungName
from agent.errors import RemedyError
from agent.remedies import PowerCycle, RestartService
from agent.replug import UsbBus
from tests.agents import program

CUPS = Rung(RungName.RESTART, "cups.service")
CYCLE = Rung(RungName.POWER_CYCLE)
LASER = Peripheral("laser", "printer", match=Match(queue="Laser"))
DESK = Peripheral("desk", "camera", match=Match(port="1-1.2"))


def noting(folder: Path) -> Path:
    return program(folder / "program", f'echo "$@" >> {folder}/asked')


def asked(folder: Path) -> str:
    return (folder / "asked").read_text()


def test_systemd_is_asked_to_restart_the_service_that_was_named(tmp_path: Path) -> None:
    remedy = RestartService(noting(tmp_path))
    remedy.act(remedy.aim(CUPS, LASER, {}))
    assert asked(tmp_path) == "restart cups.service\n"


def test_a_service_that_may_have_been_left_stopped_is_started(tmp_path: Path) -> None:
    RestartService(noting(tmp_path)).mend("cups.service")
    assert asked(tmp_path) == "start cups.service\n"


def test_a_refusal_is_told_in_systemds_own_words(tmp_path: Path) -> None:
    remedy = RestartService(
        program(tmp_path / "program", "echo Unit cups.service not found. >&2; exit 5")
    )
    with pytest.raises(RemedyError, match=r"restart cups\.service: Unit cups\.service not found"):
        remedy.act("cups.service")


def test_a_machine_without_systemd_says_so(tmp_path: Path) -> None:
    with pytest.raises(RemedyError, match="cannot be run: No such file"):
        RestartService(tmp_path / "none").act("cups.service")


def test_uhubctl_cuts_the_power_of_the_declared_port_though_nothing_is_seen_there(
    tmp_path: Path,
) -> None:
    remedy = PowerCycle(UsbBus(tmp_path), noting(tmp_path))
    remedy.act(remedy.aim(CYCLE, DESK, {}))
    assert asked(tmp_path) == "-l 1-1 -p 2 -a cycle -d 2\n"


def test_uhubctl_switches_on_what_may_have_been_left_off(tmp_path: Path) -> None:
    PowerCycle(UsbBus(tmp_path), noting(tmp_path)).mend("1-4")
    assert asked(tmp_path) == "-l 1 -p 4 -a on -d 2\n"


def test_without_uhubctl_a_device_that_is_not_seen_cannot_be_cycled(tmp_path: Path) -> None:
    with pytest.raises(RemedyError, match="no such device"):
        PowerCycle(UsbBus(tmp_path)).aim(CYCLE, DESK, {})
