"""Both power ports pass the same tests, as far as can be without restarting this machine."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import PowerError
from agent.power import BOOT_ID, Power, SimulatedPower, SystemdPower
from tests.agents import program


def systemd(folder: Path) -> Power:
    return SystemdPower(program(folder / "systemctl", f'echo "$@" >> {folder}/asked'))


def simulated(folder: Path) -> Power:
    return SimulatedPower(folder, (folder / "asked").touch)


both = pytest.mark.parametrize("make", [systemd, simulated])


@both
def test_a_boot_id_is_a_uuid_and_stays_the_same(
    make: Callable[[Path], Power], tmp_path: Path
) -> None:
    power = make(tmp_path)
    assert str(uuid.UUID(power.boot_id())) == power.boot_id() == make(tmp_path).boot_id()


@both
def test_a_reboot_is_asked_for_and_returns(make: Callable[[Path], Power], tmp_path: Path) -> None:
    make(tmp_path).reboot()
    assert (tmp_path / "asked").exists()


@both
def test_this_life_keeps_its_boot_id_until_it_ends(
    make: Callable[[Path], Power], tmp_path: Path
) -> None:
    power = make(tmp_path)
    before = power.boot_id()
    power.reboot()
    assert power.boot_id() == before


def test_the_real_boot_id_is_the_kernels(tmp_path: Path) -> None:
    assert SystemdPower().boot_id() == BOOT_ID.read_text().strip()


def test_systemd_is_asked_to_reboot(tmp_path: Path) -> None:
    systemd(tmp_path).reboot()
    assert (tmp_path / "asked").read_text() == "reboot\n"


def test_a_refusal_of_systemd_is_told_in_its_own_words(tmp_path: Path) -> None:
    refusing = SystemdPower(program(tmp_path / "systemctl", "echo Access denied >&2; exit 1"))
    with pytest.raises(PowerError, match="reboot: Access denied"):
        refusing.reboot()


def test_a_machine_without_systemd_says_so(tmp_path: Path) -> None:
    with pytest.raises(PowerError, match="No such file"):
        SystemdPower(tmp_path / "no-systemctl").reboot()


def test_a_simulated_machine_comes_back_with_another_boot_id(tmp_path: Path) -> None:
    power = simulated(tmp_path)
    before = power.boot_id()
    power.reboot()
    assert simulated(tmp_path).boot_id() != before


def test_a_simulated_machine_without_a_disk_still_has_a_boot_id(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert uuid.UUID(SimulatedPower(tmp_path / "file", lambda: None).boot_id())


def test_only_the_simulated_one_says_that_it_is(tmp_path: Path) -> None:
    assert (systemd(tmp_path).is_simulated, simulated(tmp_path).is_simulated) == (False, True)
