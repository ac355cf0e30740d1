"""A simulated kiosk's life, without a network."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from contract.health import Health, Readiness
from contract.messages import Report, decode, encode
from contract.topics import Channel
from simulator.kiosk import Kiosk, State, begin, changes, furnish, judge, measure, reboot, step
from simulator.schedule import Level

LONG_S = 48 * 3600.0


def kiosk(level: Level = Level.MANY, seed: int = 7, name: str = "pvp-63003-1") -> Kiosk:
    return furnish(name, "pvp", seed, level, run="2026-01-01T00:00:00")


def life(one: Kiosk, until: float = LONG_S) -> list[State]:
    """Every state, turn by turn."""
    states = [begin(one, 0.0)]
    while states[-1].turn_at < until:
        states.append(step(one, states[-1], states[-1].turn_at))
    return states


def test_a_quiet_kiosk_is_ready_for_days() -> None:
    verdicts = {judge(kiosk(Level.NONE), state.devices).state for state in life(kiosk(Level.NONE))}
    assert verdicts == {Readiness.READY}


def test_a_troubled_kiosk_sees_every_verdict_and_recovers() -> None:
    one = kiosk()
    states = [judge(one, state.devices).state for state in life(one)]
    assert {Readiness.READY, Readiness.DEGRADED, Readiness.NOT_READY} == set(states)


def test_between_two_turns_nothing_changes_but_metrics() -> None:
    one = kiosk()
    for before in life(one, 6 * 3600.0)[:40]:
        last = before.turn_at - 0.01
        assert changes(before.devices, step(one, before, last).devices) == ()


def test_every_fault_has_a_reason_and_every_sound_device_none() -> None:
    devices = [device for state in life(kiosk()) for device in state.devices]
    assert all(bool(device.reasons) == (device.health is not Health.OK) for device in devices)


def test_every_report_passes_the_contracts_own_door() -> None:
    one = kiosk()
    for state in life(one, 12 * 3600.0):
        report = Report(
            epoch="00000000000000ab",
            seq=1,
            at=datetime(2026, 1, 1, tzinfo=UTC),
            clock_trusted=True,
            boot_id=state.boot.id,
            is_full=True,
            devices=state.devices,
            verdict=judge(one, state.devices),
        )
        assert decode(Channel.REPORT, encode(report)) == report


def test_a_reboot_cures_what_a_reboot_cures_and_nothing_else() -> None:
    cured: set[str] = set()
    kept: set[str] = set()
    for number in range(5):
        one = kiosk(name=f"pvp-63003-{number}")
        for state in life(one, 24 * 3600.0):
            now = state.turn_at - 0.01
            before = {d.id: d.reasons for d in measure(one, state.boot, now)}
            after = {d.id: d.reasons for d in reboot(one, state, now).devices}
            cured |= {reason for name in before for reason in before[name] if not after[name]}
            kept |= {reason for name in after for reason in after[name]}
    assert "spool-area-full" in cured
    assert "media-empty" in kept
    assert not cured & kept


def test_boot_ids_are_new_at_each_boot_and_in_each_run() -> None:
    one = kiosk()
    first = begin(one, 0.0)
    second = reboot(one, first, 10.0)
    other = begin(furnish("pvp-63003-1", "pvp", 7, Level.MANY, run="2026-01-02T00:00:00"), 0.0)
    assert len({first.boot.id, second.boot.id, other.boot.id}) == 3


def test_the_mains_coming_back_is_a_new_boot_and_the_line_coming_back_is_not() -> None:
    one = kiosk()
    states = life(one, LONG_S)
    turns = list(pairwise(states))
    ends = [(was, now) for was, now in turns if was.dark is not None and now.dark is None]
    mains = [was.boot != now.boot for was, now in ends if was.has_lost_power]
    line = [was.boot != now.boot for was, now in ends if not was.has_lost_power]
    assert mains
    assert all(mains)
    assert line
    assert not any(line)


@pytest.mark.parametrize("level", [Level.NONE, Level.SOME])
def test_nobody_is_in_the_dark_in_the_first_minutes(level: Level) -> None:
    fleet = [kiosk(level, name=f"pvp-63003-{number}") for number in range(103)]
    assert all(state.dark is None for one in fleet for state in life(one, 299.0))


def test_some_of_a_fleet_needs_a_hand_and_most_does_not() -> None:
    fleet = [kiosk(Level.SOME, name=f"pvp-63003-{number}") for number in range(200)]
    unwell = sum(judge(one, begin(one, 0.0).devices).state != Readiness.READY for one in fleet)
    assert 5 < unwell < 60


def test_an_expert_terminal_has_no_printer() -> None:
    parts = furnish("exp-03190-1", "expert", 7, Level.NONE, run="r").parts
    assert "printer" not in {part.kind for part in parts}
