"""The 4G modem, as the real mmcli tells of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import Peripheral
from agent.probes import modem
from contract.health import Health
from tests.agents import OneProbe
from tests.faults import Detection, fault
from tests.peer.agent.line.modemmanager import ModemManager, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")

#: MMModemState, MMModemLock, MMModem3gppRegistrationState.
FAILED, LOCKED, DISABLED, SEARCHING, REGISTERED = -1, 2, 3, 7, 8
SIM_MISSING, SIM_PIN = 2, 2
FINE: dict[str, Any] = {"state": REGISTERED, "signal": 67}


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModemManager]:
    started = ModemManager(tmp_path / "bus", FINE)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", started.address)
    yield started
    started.close()


def kiosk() -> OneProbe:
    """A kiosk with one declared modem."""
    return OneProbe(modem.probe, Peripheral("modem", "modem"))


def show(manager: ModemManager, detection: Detection, now: dict[str, Any] | None) -> None:
    """A modem that was fine becomes so, and it is said."""
    one = kiosk()
    assert one.look().health is Health.OK
    detection.begins()
    manager.become(now)
    detection.ends(one.look())


def test_a_registered_modem_is_ok_and_says_nothing_of_its_subscriber(
    manager: ModemManager,
) -> None:
    state = kiosk().look()
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics == {"signal_percent": 67.0}
    assert state.facts == {
        "product": "EC25",
        "modem_state": "registered",
        "registration": "home",
        "operator": "Lab",
        "technology": "lte",
    }


@fault("modem", "unplugged", "ModemManager has no modem any more", "missing", "not-connected")
def test_a_modem_that_is_gone_is_missing(manager: ModemManager, detection: Detection) -> None:
    show(manager, detection, None)


@fault("modem", "no SIM card", "ModemManager: failed, sim-missing", "failed", "sim-missing")
def test_a_missing_sim_card_is_said(manager: ModemManager, detection: Detection) -> None:
    show(manager, detection, {"state": FAILED, "failed": SIM_MISSING, "sim": False})


@fault("modem", "SIM card locked", "ModemManager: locked, sim-pin", "failed", "sim-locked")
def test_a_locked_sim_card_is_said(manager: ModemManager, detection: Detection) -> None:
    show(manager, detection, {"state": LOCKED, "unlock": SIM_PIN})


@fault("modem", "on no network", "ModemManager: searching", "failed", "not-registered")
def test_a_modem_without_a_network_has_failed(manager: ModemManager, detection: Detection) -> None:
    show(manager, detection, {"state": SEARCHING, "registration": 2})


@fault("modem", "radio turned off", "ModemManager: disabled", "failed", "radio-off")
def test_a_modem_that_is_turned_off_is_said(manager: ModemManager, detection: Detection) -> None:
    show(manager, detection, {"state": DISABLED})


@fault("modem", "weak signal", "ModemManager: signal quality 15 %", "degraded", "signal-low")
def test_a_weak_signal_degrades(manager: ModemManager, detection: Detection) -> None:
    show(manager, detection, {**FINE, "signal": 15})


def test_a_signal_that_is_hardly_better_is_still_weak(manager: ModemManager) -> None:
    one = kiosk()
    manager.become({**FINE, "signal": 20})
    assert one.look().reasons == ("signal-low",)
    manager.become({**FINE, "signal": 30})
    assert one.look().reasons == ("signal-low",)
    manager.become({**FINE, "signal": 40})
    assert one.look().health is Health.OK


def test_without_modemmanager_it_is_not_measured(manager: ModemManager) -> None:
    manager.close()
    state = kiosk().look()
    assert (state.health, state.reasons) == (Health.UNKNOWN, ("not-measured",))
