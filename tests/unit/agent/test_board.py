"""The board: what is news, and what is held back."""

from agent.board import HOLD_S, Board, Change
from agent.scheduler import Result
from contract.health import DeviceState, Health, Readiness, Verdict

CAMERA = DeviceState("camera", "camera", Health.OK, (), {"frames": 5}, {"serial": "A1"})
GONE = DeviceState("camera", "camera", Health.MISSING, ("not-connected",))


def found(*states: DeviceState) -> Result:
    return Result("camera", states, 0.01)


def board(*required: str) -> Board:
    return Board(frozenset(required))


def test_a_device_seen_for_the_first_time_is_news() -> None:
    assert board().apply(found(CAMERA), 0.0) == Change((CAMERA,))


def test_a_device_declared_and_absent_at_start_is_news_at_once() -> None:
    assert board().apply(found(GONE), 0.0) == Change((GONE,))


def test_metrics_alone_are_not_news_but_are_kept() -> None:
    watched = board()
    watched.apply(found(CAMERA), 0.0)
    busier = DeviceState("camera", "camera", Health.OK, (), {"frames": 6}, {"serial": "A1"})
    assert not watched.apply(found(busier), 60.0)
    assert watched.devices() == (busier,)


def test_a_changed_fact_is_news() -> None:
    watched = board()
    watched.apply(found(CAMERA), 0.0)
    swapped = DeviceState("camera", "camera", Health.OK, (), {"frames": 5}, {"serial": "B2"})
    assert watched.apply(found(swapped), 60.0) == Change((swapped,))


def test_a_removal_is_said_only_once_it_has_held() -> None:
    watched = board("camera")
    watched.apply(found(CAMERA), 0.0)
    assert not watched.apply(found(GONE), 10.0)
    assert watched.devices() == (CAMERA,)
    assert watched.next_due() == 10.0 + HOLD_S
    assert not watched.settle(10.0 + HOLD_S - 0.01)
    assert watched.settle(10.0 + HOLD_S) == Change((GONE,))
    assert watched.next_due() is None
    assert watched.verdict() == Verdict(Readiness.NOT_READY, ("camera",))


def test_a_device_back_within_the_hold_was_never_gone() -> None:
    watched = board()
    watched.apply(found(CAMERA), 0.0)
    watched.apply(found(GONE), 10.0)
    assert not watched.apply(found(CAMERA), 10.5)
    assert watched.next_due() is None
    assert not watched.settle(100.0)


def test_measuring_a_removal_again_does_not_put_it_off() -> None:
    watched = board()
    watched.apply(found(CAMERA), 0.0)
    watched.apply(found(GONE), 10.0)
    watched.apply(found(GONE), 10.0 + HOLD_S / 2)
    assert watched.next_due() == 10.0 + HOLD_S


def test_an_undeclared_device_that_stays_away_is_removed() -> None:
    watched = board()
    watched.apply(found(CAMERA), 0.0)
    assert not watched.apply(found(), 10.0)
    assert watched.settle(12.0) == Change((), ("camera",))
    assert watched.devices() == ()


def test_one_probe_does_not_remove_the_devices_of_another() -> None:
    watched = board()
    watched.apply(found(CAMERA), 0.0)
    watched.apply(Result("system", (), 0.01), 10.0)
    assert not watched.settle(100.0)
    assert watched.devices() == (CAMERA,)


def test_a_return_is_said_at_once() -> None:
    watched = board()
    watched.apply(found(GONE), 0.0)
    assert watched.apply(found(CAMERA), 1.0) == Change((CAMERA,))


def test_what_is_required_and_was_never_measured_leaves_the_verdict_unknown() -> None:
    watched = board("camera", "system")
    watched.apply(found(CAMERA), 0.0)
    assert watched.verdict() == Verdict(Readiness.UNKNOWN, ("system",))
