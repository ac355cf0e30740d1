"""What the master believes, and of whom."""

from datetime import UTC, datetime

import msgspec

from controller.salt.client import SaltApi, endpoint
from controller.salt.port import Job, Unreachable, new_jid
from controller.salt.terms import minion_terms
from tests.peer.region import wait_until
from tests.salt.listener import Listener
from tests.salt.stage import Stage


def test_a_minion_that_does_not_sign_what_it_says_is_not_heard(stage: Stage) -> None:
    signing, silent = stage.minions("pvp-signs", "pvp-unsigned")
    silent.stop()
    terms = msgspec.structs.asdict(minion_terms(stage.config))
    silent.configure(terms, minion_sign_messages=False)
    silent.start()
    jid = ""

    def is_done() -> bool:
        nonlocal jid
        jid = stage.ping("pvp-signs", "pvp-unsigned")
        stage.returned(jid, "pvp-signs")
        return (silent.folder / "cache" / "minion_jobs" / jid / "return.p").exists()

    wait_until(is_done, "it does jobs", 60)
    assert {one.kiosk for one in stage.port.returns(jid)} == {"pvp-signs"}
    assert "no signature in this payload" in stage.log("master")
    for minion in (signing, silent):
        minion.kill()


def test_who_listens_is_told_that_the_master_was_away_and_hears_when_he_listens_again(
    stage: Stage,
) -> None:
    (minion,) = stage.minions("pvp-heard")
    port = SaltApi(endpoint(stage.config), quiet_s=1.0)
    with Listener(port) as listener:
        wait_until(lambda: is_heard(stage, listener), "it is heard before")
        stage.kill("master")
        stage.start("master")
        stage.wait_for_api()
        wait_until(listener.is_cut_off, "it is told", 60)
    assert isinstance(listener.error, Unreachable)
    with Listener(port) as listener:
        wait_until(lambda: is_heard(stage, listener), "it is heard again", 60)
    assert listener.error is None
    port.close()
    minion.kill()


def test_a_quiet_stream_is_not_taken_for_a_deaf_one(stage: Stage) -> None:
    port = SaltApi(endpoint(stage.config), quiet_s=0.3)
    calls = 0

    def is_over() -> bool:
        nonlocal calls
        calls += 1
        return calls > 60

    port.follow(lambda _: None, is_over)
    port.close()


def is_heard(stage: Stage, listener: Listener) -> bool:
    job = Job(new_jid(datetime.now(UTC)), "test.ping", ("pvp-heard",))
    stage.port.ask(job, 3)
    return bool(listener.of(job.id))
