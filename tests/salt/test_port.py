"""What any port to Salt does: the real one, and what stands in for it."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from controller.salt.port import Denied, Job, Port, Return, Unreachable, new_jid
from tests.peer.region import wait_until
from tests.salt.listener import Listener
from tests.salt.simulated import SimulatedWorld
from tests.salt.stage import Stage
from tests.salt.world import FAILING, SLOW, SOUND, RealWorld, World

_HERE, _THERE = "pvp-port-1", "pvp-port-2"


@pytest.fixture(scope="module", params=["real", "simulated"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Of each kind in turn, with two kiosks."""
    with ExitStack() as stack:
        made: World
        if request.param == "real":
            stage: Stage = request.getfixturevalue("stage")
            made = RealWorld(stage)
        else:
            made = stack.enter_context(SimulatedWorld(tmp_path_factory.mktemp("simulated")))
        made.kiosk(_HERE)
        made.kiosk(_THERE)
        yield made


@pytest.fixture
def port(world: World) -> Port:
    return world.port


def _job(function: str, *kiosks: str, **kwargs: object) -> Job:
    return Job(new_jid(datetime.now(UTC)), function, kiosks, kwargs=kwargs)


def _returned(port: Port, jid: str, *kiosks: str) -> dict[str, Return]:
    found: dict[str, Return] = {}

    def is_there() -> bool:
        found.update({one.kiosk: one for one in port.returns(jid)})
        return found.keys() >= set(kiosks)

    wait_until(is_there, f"returns of {jid} by {kiosks}")
    return found


def _done(port: Port, job: Job) -> dict[str, Return]:
    assert port.submit(job) == set(job.kiosks)
    return _returned(port, job.id, *job.kiosks)


def test_a_job_comes_back_from_each_kiosk(port: Port) -> None:
    job = _job("test.ping", _HERE, _THERE)
    returned = _done(port, job)
    assert returned == {
        kiosk: Return(job.id, kiosk, "test.ping", 0, True, True) for kiosk in (_HERE, _THERE)
    }


def test_an_applied_state_says_what_it_changed(port: Port) -> None:
    one = _done(port, _job("state.apply", _HERE, saltenv=SOUND))[_HERE]
    assert (one.retcode, one.has_succeeded) == (0, True)
    (state,) = one.body.values()
    assert state["result"] is True
    assert state["changes"]


def test_a_state_that_would_change_says_so_without_changing(port: Port) -> None:
    one = _done(port, _job("state.apply", _HERE, saltenv=SOUND, test=True))[_HERE]
    (state,) = one.body.values()
    assert state["result"] is None


def test_a_state_that_fails_is_told_as_failed(port: Port) -> None:
    one = _done(port, _job("state.apply", _HERE, saltenv=FAILING))[_HERE]
    assert (one.retcode, one.has_succeeded) == (2, False)
    (state,) = one.body.values()
    assert state["result"] is False


def test_a_job_given_twice_is_done_once(port: Port) -> None:
    job = _job("state.apply", _HERE, saltenv=SOUND)
    with Listener(port) as listener:
        _done(port, job)
        assert port.submit(job) == {_HERE}
        after = _job("test.ping", _HERE)
        _done(port, after)
        wait_until(lambda: bool(listener.of(after.id)), "the ping after it")
        assert len(listener.of(job.id)) == 1


def test_a_kiosk_whose_key_the_master_has_not_is_left_out(port: Port) -> None:
    assert port.submit(_job("test.ping", _HERE, "pvp-unheard-of")) == {_HERE}
    assert port.submit(_job("test.ping", "pvp-unheard-of")) == frozenset()
    assert port.submit(_job("test.ping")) == frozenset()


def test_a_job_that_nobody_gave_has_no_returns(port: Port) -> None:
    assert port.returns("20200101000000000000") == ()
    assert port.cached("20200101000000000000", [_HERE], wait_s=10) == ()
    assert port.running("20200101000000000000", [_HERE], wait_s=10) == frozenset()


def test_a_kiosk_that_is_off_takes_a_job_and_gives_nothing_back(world: World) -> None:
    world.leave(_THERE)
    job = _job("test.ping", _HERE, _THERE)
    assert world.port.submit(job) == {_HERE, _THERE}
    assert set(_returned(world.port, job.id, _HERE)) == {_HERE}
    assert world.port.running(job.id, [_THERE], wait_s=0.5) == frozenset()
    assert world.port.cached(job.id, [_THERE], wait_s=0.5) == ()
    world.come_back(_THERE)
    assert set(_returned(world.port, job.id, _HERE)) == {_HERE}


def test_a_kiosk_at_work_says_so_and_takes_no_second_work(port: Port) -> None:
    first, second = (_job("state.apply", _HERE, saltenv=SLOW) for _ in range(2))
    port.submit(first)
    wait_until(lambda: port.running(first.id, [_HERE, _THERE], 5) == {_HERE}, "it is at work")
    refused = _done(port, second)[_HERE]
    assert (refused.retcode, refused.has_succeeded) == (1, False)
    assert "is running as PID" in refused.body[0]
    assert _returned(port, first.id, _HERE)[_HERE].has_succeeded
    assert port.running(first.id, [_HERE], wait_s=10) == frozenset()


def test_returns_are_heard_as_they_come(port: Port) -> None:
    with Listener(port) as listener:
        job = _job("test.ping", _HERE, _THERE)
        _done(port, job)
        wait_until(lambda: len(listener.of(job.id)) == 2, "both are heard")
        assert set(listener.of(job.id)) == set(port.returns(job.id))
    assert listener.error is None


def test_what_is_not_among_our_rights_is_denied(port: Port) -> None:
    with pytest.raises(Denied, match=r"cmd\.run"):
        port.submit(Job(new_jid(datetime.now(UTC)), "cmd.run", (_HERE,), args=("id",)))


def test_a_removed_key_is_known_no_more_until_it_is_laid_again(world: World) -> None:
    port, kiosk = world.port, "pvp-port-3"
    port.accept(kiosk, world.public_key())
    assert port.submit(_job("test.ping", kiosk)) == {kiosk}
    port.remove(kiosk)
    port.remove(kiosk)
    assert port.submit(_job("test.ping", kiosk)) == frozenset()
    port.accept(kiosk, world.public_key())
    port.accept(kiosk, world.public_key())
    assert port.submit(_job("test.ping", kiosk)) == {kiosk}
    port.remove(kiosk)


def test_the_others_answer_still_after_a_key_was_removed(world: World) -> None:
    world.port.accept("pvp-port-4", world.public_key())
    world.port.remove("pvp-port-4")
    _done(world.port, _job("test.ping", _HERE, _THERE))


def test_a_return_lost_while_the_master_was_down_is_found_at_the_kiosk(world: World) -> None:
    job = _job("state.apply", _HERE, saltenv=SLOW)
    world.port.submit(job)
    world.wait_for_work(_HERE, job.id)
    with world.without_master():
        world.wait_for_end(_HERE, job.id)
    found: list[Return] = []

    def is_found() -> bool:
        found.extend(world.port.cached(job.id, [_HERE], wait_s=5))
        return bool(found)

    wait_until(is_found, "the kiosk's own word of it")
    assert (found[0].jid, found[0].kiosk, found[0].function) == (job.id, _HERE, "state.apply")
    assert found[0].has_succeeded
    assert {state["result"] for state in found[0].body.values()} == {True}


def test_a_job_given_to_a_dead_master_is_given_again_when_it_is_back(world: World) -> None:
    job = _job("test.ping", _HERE)
    with world.without_master(), pytest.raises(Unreachable):
        world.port.submit(job)

    def is_taken() -> bool:
        return world.port.submit(job) == {_HERE} and bool(world.port.returns(job.id))

    wait_until(is_taken, "its return")


def test_an_api_that_was_killed_is_spoken_to_again_without_a_word(world: World) -> None:
    with Listener(world.port) as listener:
        job = _job("test.ping", _HERE)
        _done(world.port, job)
        with world.without_api(), pytest.raises(Unreachable):
            world.port.returns(job.id)
        assert set(_returned(world.port, job.id, _HERE)) == {_HERE}
        wait_until(listener.is_cut_off, "the listener is told")
        assert isinstance(listener.error, Unreachable)
