"""The simulated year and its judge: what they call missed, false and told twice."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bench.year.fleet import fleet
from bench.year.lives import Story
from bench.year.score import Message, Told, judge
from bench.year.story import tell
from bench.year.strokes import strokes
from bench.year.truth import Cause, Fault, Truth, read
from contract.messages import Presence, Report

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fault(number: int = 1, **changes: object) -> Fault:
    values: dict[str, object] = {
        "cause": Cause.DEVICE,
        "kiosks": ("pvp-1",),
        "what": "camera: black",
        "began_at": TEN,
        "ended_at": TEN + HOUR,
        "devices": ("camera",),
    }
    return Fault(number, **values | changes)  # type: ignore[arg-type]


def truth(*faults: Fault) -> Truth:
    return Truth(1, TEN - HOUR, TEN + 30 * HOUR, faults, {})


def told(number: int = 1, **changes: object) -> Told:
    values: dict[str, object] = {
        "rule": "camera",
        "cause": "device",
        "kiosks": frozenset({"pvp-1"}),
        "devices": frozenset({"camera"}),
        "began_at": TEN,
        "fired_at": TEN + timedelta(minutes=2),
    }
    return Told(number, **values | changes)  # type: ignore[arg-type]


def message(*alerts: int, to: str = "on-call") -> Message:
    return Message(frozenset(alerts), to)


def test_a_fault_told_once_is_all_right() -> None:
    score = judge(truth(fault()), [told()], [message(1)])
    assert (score.recall, score.false, score.unexplained) == (1.0, (), ())
    assert score.notifications_per_cause == 1
    assert score.latencies_s == (120.0,)
    assert score.misnamed == ()


def test_a_fault_that_nobody_was_told_of_is_missed() -> None:
    score = judge(truth(fault()), [], [])
    assert (score.recall, [one.id for one in score.missed]) == (0.0, [1])


@pytest.mark.parametrize(
    "changes",
    [
        {"kiosks": frozenset({"pvp-2"})},
        {"devices": frozenset({"printer"})},
        {"devices": frozenset()},
        {"fired_at": TEN - timedelta(minutes=1)},
        {"fired_at": TEN + 14 * HOUR},
    ],
    ids=["another kiosk", "another device", "the kiosk itself", "before it", "long after it"],
)
def test_an_alert_that_no_fault_explains_is_false(changes: dict[str, object]) -> None:
    score = judge(truth(fault()), [told(**changes)], [message(1)])
    assert len(score.false) == len(score.unexplained) == len(score.missed) == 1


def test_the_same_fault_told_twice_to_one_is_counted_and_to_two_is_not() -> None:
    alerts = [told(1), told(2, fired_at=TEN + timedelta(minutes=30))]
    assert judge(truth(fault()), alerts, [message(1), message(2)]).notifications_per_cause == 2
    once_each = [message(1, to="marie"), message(1, to="paul")]
    assert judge(truth(fault()), alerts, once_each).notifications_per_cause == 1


def test_a_message_of_what_was_silenced_is_one_too_many() -> None:
    score = judge(truth(fault(is_silenced=True)), [told()], [message(1)])
    assert len(score.unexplained) == 1


def test_another_cause_named_is_told_apart_from_a_miss() -> None:
    many = fault(cause=Cause.PROVIDER, kiosks=("pvp-1", "pvp-2"), devices=())
    alert = told(cause="site", kiosks=frozenset({"pvp-1", "pvp-2"}), devices=frozenset())
    score = judge(truth(many), [alert], [message(1)])
    assert (score.recall, [cause for _, cause in score.misnamed]) == (1.0, ["site"])


@pytest.fixture(scope="module")
def story() -> Story:
    return tell(fleet(7), 7, date(2026, 3, 1), 60)


def test_the_same_seed_is_the_same_year(story: Story) -> None:
    again = tell(fleet(7), 7, date(2026, 3, 1), 60)
    assert again.truth == story.truth
    first, second = strokes(story), strokes(again)
    assert [next(first) for _ in range(500)] == [next(second) for _ in range(500)]
    assert tell(fleet(8), 8, date(2026, 3, 1), 60).truth.faults != story.truth.faults


def test_the_truth_is_read_as_it_was_written(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    story.truth.write(path)
    assert read(path) == story.truth


def test_messages_come_in_order_and_none_of_a_kiosk_that_is_away(story: Story) -> None:
    at = story.truth.first
    is_online: dict[str, bool] = {}
    seqs: dict[str, int] = {}
    for stroke in strokes(story):
        assert stroke.at >= at
        at = stroke.at
        if isinstance(stroke.said, Presence):
            is_online[stroke.kiosk] = stroke.said.is_online
        if isinstance(stroke.said, Report):
            assert is_online[stroke.kiosk]
            assert stroke.said.seq == seqs.get(stroke.kiosk, 0) + 1
            seqs[stroke.kiosk] = stroke.said.seq
    assert len(seqs) == 102


def test_faults_are_of_every_kind(story: Story) -> None:
    causes = {fault.cause for fault in story.truth.faults}
    assert {Cause.DEVICE, Cause.KIOSK, Cause.SITE, Cause.DEPARTMENT, Cause.PROVIDER} <= causes
    assert {"blip", "reboot", "switched off at night"} <= story.truth.noise.keys()
