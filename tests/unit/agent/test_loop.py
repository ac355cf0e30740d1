"""The one loop: timers in order, other threads heard, signals heeded."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from agent.loop import Loop
from tests.agents import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def loop(clock: FakeClock) -> Iterator[Loop]:
    one = Loop(clock.monotonic)
    yield one
    one.close()


def test_timers_are_called_in_the_order_of_their_time(loop: Loop, clock: FakeClock) -> None:
    called: list[str] = []
    loop.later(2, lambda: called.append("second"))
    loop.later(1, lambda: called.append("first"))
    loop.later(9, lambda: called.append("not yet"))
    clock.advance(5)
    loop.turn(0)
    assert called == ["first", "second"]


def test_a_cancelled_timer_is_not_called(loop: Loop, clock: FakeClock) -> None:
    called: list[str] = []
    loop.later(1, lambda: called.append("cancelled")).cancel()
    loop.later(1, lambda: called.append("kept"))
    clock.advance(2)
    loop.turn(0)
    assert called == ["kept"]


def test_a_descriptor_is_followed_until_forgotten(loop: Loop) -> None:
    called: list[bytes] = []
    read, write = os.pipe()
    loop.watch(read, lambda: called.append(os.read(read, 1)))
    os.write(write, b"ab")
    loop.turn(0)
    loop.forget(read)
    loop.turn(0)
    assert called == [b"a"]
    os.close(read)
    os.close(write)


def test_a_descriptor_forgotten_by_another_callback_is_not_called(loop: Loop) -> None:
    called: list[str] = []
    pipes = [os.pipe(), os.pipe()]

    def ready(name: str, other: int) -> None:
        called.append(name)
        loop.forget(other)

    loop.watch(pipes[0][0], lambda: ready("one", pipes[1][0]))
    loop.watch(pipes[1][0], lambda: ready("other", pipes[0][0]))
    for _, write in pipes:
        os.write(write, b"x")
    loop.turn(0)
    assert len(called) == 1
    for pair in pipes:
        os.close(pair[0])
        os.close(pair[1])


def test_another_thread_wakes_a_loop_that_waits_for_ever(loop: Loop) -> None:
    threading.Timer(0.05, lambda: loop.post(loop.stop)).start()
    loop.run()
    assert loop.now() == 0  # it ended by the post: its clock stands still, no timer was due


def test_a_signal_is_answered_in_the_loop(loop: Loop) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    called: list[str] = []
    loop.on_terminate(lambda: (called.append("asked to stop"), loop.stop())[0])
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
    loop.run()
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGINT, before[1])
    assert called == ["asked to stop"]


def test_a_thread_that_is_late_harms_nobody(clock: FakeClock) -> None:
    loop = Loop(clock.monotonic)
    loop.close()
    loop.post(lambda: None)
    loop.forget(5)
    assert loop.now() == 0
