"""The check in a technician's terminal: everything once, in plain words."""

from pathlib import Path

import msgspec
import pytest

from agent import check, wording
from agent.config import Broker, Config, Peripheral
from agent.probes import network, storage, system
from agent.probes.limits import Limit
from agent.wording import Language
from contract.health import DeviceState, Health, Readiness, Verdict

CONFIG = Config(
    "pvp-1",
    Broker("127.0.0.1", Path("ca"), Path("crt"), Path("key")),
    peripherals=(Peripheral("desk-camera", "camera"),),
)


def test_every_probe_runs_once_and_the_verdict_counts_the_declared_camera() -> None:
    devices, answer = check.run(CONFIG)
    assert [state.id for state in devices] == [
        "system",
        "storage",
        "network",
        "desk-camera",
        "session",
    ]
    by_id = {state.id: state for state in devices}
    assert by_id["system"].facts["boot_id"] == (
        Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    )
    assert (answer.state is Readiness.NOT_READY) == (by_id["desk-camera"].health is Health.MISSING)


def test_a_kiosk_without_a_controller_is_checked_and_never_called_ready() -> None:
    devices, answer = check.run(Config.unenrolled())
    line = next(state for state in devices if state.id == "network")
    assert line.reasons in {("not-enrolled",), ("no-route",), ("no-carrier",)}
    assert "rtt_ms" not in line.metrics
    assert answer.state in {Readiness.UNKNOWN, Readiness.NOT_READY}


def test_the_text_says_what_to_do_in_the_terminals_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    camera = DeviceState("camera", "camera", Health.MISSING, ("not-connected",))
    answer = Verdict(Readiness.NOT_READY, ("camera",))
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert check.text((camera,), answer).splitlines() == [
        "Ne peut pas recevoir d'usager.",
        "",
        "  camera  absent",
        "          - périphérique non branché : vérifiez son câble",
    ]
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert "not connected: check its cable" in check.text((camera,), answer)


def test_what_was_required_and_never_measured_is_named() -> None:
    answer = Verdict(Readiness.UNKNOWN, ("network",))
    assert check.text((), answer, Language.ENGLISH).splitlines()[-1] == (
        "  network  could not be measured"
    )


def test_a_keyword_without_words_of_ours_is_shown_as_it_is() -> None:
    assert wording.reason("belt-torn", Language.FRENCH) == "belt-torn"


def test_what_the_probes_say_keeps_the_contract() -> None:
    devices, _ = check.run(CONFIG)
    wire = msgspec.json.encode(devices)
    assert msgspec.json.decode(wire, type=tuple[DeviceState, ...]) == devices


def test_every_limit_has_words_for_a_technician() -> None:
    limits = {
        value.reason
        for module in (system, storage, network)
        for value in vars(module).values()
        if isinstance(value, Limit)
    }
    faults = {*network.NO_WAY, network.NO_NAME, *storage.FAILED}
    assert limits
    assert limits | faults <= wording.REASONS.keys()
