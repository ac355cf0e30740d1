"""What a simulated minion answers, in the form of a real one's."""

from simulator.salt.effects import Effect
from simulator.salt.minion import Minion, applied, at_once


def test_what_is_to_change_is_null_when_only_asked_and_true_when_done() -> None:
    fresh = Minion("pvp-1")
    asked = applied(fresh, "2026.1", Effect(), is_test=True)
    done = applied(fresh, "2026.1", Effect(), is_test=False)
    (would,), (did,) = asked.body.values(), done.body.values()
    assert (would["result"], did["result"]) == (None, True)
    assert would["changes"]
    assert did["changes"]
    assert asked.retcode == done.retcode == 0


def test_once_applied_nothing_is_left_to_change_unless_somebody_tampered() -> None:
    settled = Minion("pvp-1").finished(
        "1", "state.apply", applied(Minion("pvp-1"), "r", Effect(), is_test=False), "r"
    )
    (state,) = applied(settled, "r", Effect(), is_test=True).body.values()
    assert (state["result"], state["changes"]) == (True, {})
    touched = Effect(tampered=frozenset({"pvp-1"}))
    (state,) = applied(settled, "r", touched, is_test=True).body.values()
    assert state["result"] is None


def test_a_failed_state_has_retcode_2_and_states_that_cannot_be_read_1() -> None:
    failed = applied(Minion("pvp-1"), "r", Effect(fails=frozenset({"pvp-1"})), is_test=False)
    assert (failed.retcode, failed.has_succeeded) == (2, False)
    assert [state["result"] for state in failed.body.values()] == [False]
    invalid = applied(Minion("pvp-1"), "r", Effect(is_invalid=True), is_test=False)
    assert invalid.retcode == 1
    assert isinstance(invalid.body, list)


def test_a_job_that_was_done_is_found_in_its_cache_and_another_is_not() -> None:
    answer = applied(Minion("pvp-1"), "r", Effect(), is_test=False)
    minion = Minion("pvp-1").given("7", applies=True)
    busy = at_once(minion, "saltutil.find_job", ["7"])
    assert busy is not None
    assert busy.body["jid"] == "7"
    minion = minion.finished("7", "state.apply", answer, "r")
    kept, none = (at_once(minion, "saltutil.find_cached_job", [jid]) for jid in ("7", "8"))
    assert kept is not None
    assert kept.body["return"] == answer.body
    assert none is not None
    assert none.body == {}
    idle = at_once(minion, "saltutil.find_job", ["7"])
    assert idle is not None
    assert idle.body == {}


def test_a_function_it_does_not_have_is_said_so() -> None:
    answer = at_once(Minion("pvp-1"), "cmd.run", ["id"])
    assert answer is not None
    assert (answer.has_succeeded, answer.body) == (False, "'cmd.run' is not available.")
