"""The scheduler: whatever one probe does, the others are run and the truth is said."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from agent.config import Broker, Config
from agent.probe import Context, Probe
from agent.scheduler import CONFIRM_S, SPACING_S, Result, Scheduler
from contract.health import DeviceState, Health

CONFIG = Config("pvp-1", Broker("localhost", Path("ca"), Path("crt"), Path("key")))
OK = DeviceState("a", "sensor", Health.OK, (), {"level_percent": 50}, {"serial": "1"})
PERIOD_S = 60.0

Run = Callable[[Context], tuple[DeviceState, ...]]


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A scheduler, its clock, and what it delivers."""

    def __init__(self, **runs: Run) -> None:
        self.clock = Clock()
        self.results: SimpleQueue[Result] = SimpleQueue()
        probes = [Probe(name, PERIOD_S, 5.0, run) for name, run in runs.items()]
        self.scheduler = Scheduler(
            probes, lambda: Context(CONFIG, "boot", None), self.results.put, self.clock, jitter=0.0
        )

    def next(self) -> Result:
        """Start what is due, and wait for its result."""
        self.scheduler.tick(self.clock.now)
        return self.results.get(timeout=10)

    def round(self, count: int) -> dict[str, Result]:
        """The next `count` results, by probe."""
        return {result.probe: result for result in (self.next() for _ in range(count))}

    def begin(self, started: threading.Event) -> None:
        """Start what is due, and see that it runs."""
        self.scheduler.tick(self.clock.now)
        assert started.wait(10)


def fine(_context: Context) -> tuple[DeviceState, ...]:
    return (OK,)


def broken(_context: Context) -> tuple[DeviceState, ...]:
    raise OSError("no such sensor")


class Hanging:
    """Answers once, then hangs until released."""

    def __init__(self, answers: int = 1) -> None:
        self.answers = answers
        self.started = threading.Event()
        self.release = threading.Event()

    def __call__(self, _context: Context) -> tuple[DeviceState, ...]:
        if self.answers:
            self.answers -= 1
            return (OK,)
        self.started.set()
        self.release.wait(30)
        return (OK,)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    probe = Hanging()
    yield probe
    probe.release.set()


def agent_device(results: dict[str, Result]) -> DeviceState:
    return results["agent"].states[0]


def test_every_probe_runs_once_at_start_and_the_agent_reports_on_them() -> None:
    bench = Bench(one=fine, two=fine)
    results = bench.round(3)
    assert results["one"].states == (OK,)
    assert results["two"].states == (OK,)
    assert agent_device(results).health is Health.OK
    assert {"probe_one_s", "probe_two_s", "rss_bytes"} <= agent_device(results).metrics.keys()


def test_a_probe_that_raises_is_unknown_and_stops_no_other() -> None:
    bench = Bench(bad=broken, good=fine)
    results = bench.round(3)
    assert results["bad"].error == "OSError: no such sensor"
    assert results["bad"].states == (DeviceState("bad", "bad", Health.UNKNOWN, ("probe-error",)),)
    assert results["good"].states == (OK,)
    assert agent_device(results).reasons == ("probe-error",)
    assert agent_device(results).facts == {"failing_probes": "bad"}


def test_devices_of_a_probe_that_begins_to_fail_become_unknown_with_their_facts_kept() -> None:
    answers: list[Run] = [fine, broken, fine]
    bench = Bench(one=lambda context: answers.pop(0)(context))
    bench.round(2)
    bench.clock.now += 2 * PERIOD_S
    assert bench.round(2)["one"].states == (
        DeviceState("a", "sensor", Health.UNKNOWN, ("probe-error",), {}, {"serial": "1"}),
    )
    bench.clock.now += 2 * PERIOD_S
    assert bench.round(2)["one"].states == (OK,)


def test_a_lasting_failure_is_logged_once_and_so_is_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers: list[Run] = [broken, broken, fine, fine]
    bench = Bench(one=lambda context: answers.pop(0)(context))
    with caplog.at_level(logging.INFO):
        for _ in range(4):
            bench.round(2)
            bench.clock.now += 2 * PERIOD_S
    assert [record.getMessage() for record in caplog.records] == [
        "probe one: OSError: no such sensor",
        "probe one works again",
    ]


def test_a_hung_probe_is_timed_out_and_the_others_go_on(hanging: Hanging) -> None:
    bench = Bench(hung=hanging, good=fine)
    bench.round(3)
    bench.clock.now += 2 * PERIOD_S
    bench.begin(hanging.started)
    assert bench.scheduler.due(bench.clock.now) == 5.0
    bench.clock.now += 5.0
    results = bench.round(3)
    assert results["hung"].states[0].health is Health.UNKNOWN
    assert results["hung"].states[0].reasons == ("timed-out",)
    assert results["hung"].error == "no answer within 5 s"
    assert results["good"].states == (OK,)
    assert agent_device(results).reasons == ("timed-out",)


def test_a_probe_that_hangs_holds_one_thread_however_long(hanging: Hanging) -> None:
    before = set(threading.enumerate())
    bench = Bench(hung=hanging, good=fine)
    bench.round(3)
    bench.clock.now += 2 * PERIOD_S
    bench.begin(hanging.started)
    bench.clock.now += 5.0
    bench.round(3)
    for _ in range(5):
        bench.clock.now += 2 * PERIOD_S
        assert bench.round(2).keys() == {"good", "agent"}
    assert len(set(threading.enumerate()) - before) == 2  # the hung one, and the worker


def test_a_hung_probe_that_comes_back_is_run_again(hanging: Hanging) -> None:
    bench = Bench(hung=hanging)
    bench.round(2)
    bench.clock.now += 2 * PERIOD_S
    bench.begin(hanging.started)
    bench.clock.now += 5.0
    bench.round(2)
    hanging.release.set()
    deadline = time.monotonic() + 10
    bench.clock.now += 2 * PERIOD_S
    results: dict[str, Result] = {}
    while "hung" not in results and time.monotonic() < deadline:
        results |= bench.round(1)
        bench.clock.now += 2 * PERIOD_S
    assert results["hung"].states == (OK,)


def test_after_a_long_sleep_each_probe_runs_once() -> None:
    bench = Bench(one=fine, two=fine)
    bench.round(3)
    bench.clock.now += 100 * PERIOD_S
    bench.round(3)
    assert bench.scheduler.due(bench.clock.now) >= 0.9 * PERIOD_S


def test_hot_plug_hastens_a_probe_but_never_makes_a_burst_of_it() -> None:
    bench = Bench(one=fine)
    bench.round(2)
    bench.scheduler.soon("one")
    bench.scheduler.soon("one")
    assert bench.scheduler.due(bench.clock.now) == SPACING_S
    bench.clock.now += SPACING_S
    assert bench.next().probe == "one"
    assert bench.scheduler.due(bench.clock.now) == CONFIRM_S
    bench.clock.now += CONFIRM_S
    assert bench.next().probe == "one"
    assert bench.scheduler.due(bench.clock.now) > CONFIRM_S


def test_hot_plug_does_not_wait_for_a_slow_probe(hanging: Hanging) -> None:
    bench = Bench(slow=hanging, good=fine)
    bench.round(3)
    bench.clock.now += 2 * PERIOD_S
    bench.begin(hanging.started)
    bench.scheduler.soon("good")
    assert bench.next().probe == "good"
    assert not hanging.release.is_set()


def test_a_probe_of_what_came_later_is_run_too() -> None:
    bench = Bench(one=fine)
    bench.round(2)
    bench.scheduler.add(Probe("late", PERIOD_S, 5.0, fine))
    assert bench.next().probe == "late"


def test_hot_plug_of_something_without_a_probe_is_ignored() -> None:
    bench = Bench(one=fine)
    bench.round(2)
    bench.scheduler.soon("never-heard-of")
    assert bench.scheduler.due(bench.clock.now) > 0.5


def test_a_stopped_scheduler_lets_its_thread_go() -> None:
    before = set(threading.enumerate())
    bench = Bench(one=fine)
    bench.round(2)
    (worker,) = set(threading.enumerate()) - before
    bench.scheduler.stop()
    worker.join(10)
    assert not worker.is_alive()
