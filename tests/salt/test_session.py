"""How the controller is let in by salt-api, and what it says when it is not."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from controller.errors import ConfigError
from controller.salt.client import endpoint
from controller.salt.port import Denied, Misunderstood, Unreachable
from controller.salt.session import Endpoint, Session
from tests.peer.authority import Authority
from tests.peer.region import free_port
from tests.salt.stage import Stage

_ACCEPTED = {"client": "runner", "fun": "vigie_keys.accepted", "kwarg": {}}


class Clock:
    """What a session takes for the time."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@pytest.fixture
def at(stage: Stage) -> Endpoint:
    return endpoint(stage.config)


def _call(at: Endpoint) -> object:
    session = Session(at)
    try:
        return session.call(_ACCEPTED)
    finally:
        session.close()


def test_a_token_near_its_end_is_renewed_before_it_is_refused(at: Endpoint) -> None:
    clock = Clock()
    session = Session(at, clock)
    session.call(_ACCEPTED)
    first = session._token
    session.call(_ACCEPTED)
    assert session._token == first
    clock.ahead_s = 12 * 3600 - 30
    session.call(_ACCEPTED)
    assert session._token != first
    session.close()


def test_a_token_that_the_api_does_not_know_is_renewed_without_a_word(at: Endpoint) -> None:
    session = Session(at)
    session.call(_ACCEPTED)
    session._token = "0" * 40
    assert isinstance(session.call(_ACCEPTED), list)
    session.close()


def test_another_password_than_the_masters_is_told_with_its_file(
    at: Endpoint, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("a guess")
    with pytest.raises(Denied, match=f"{tmp_path}/password is not the master's"):
        _call(replace(at, password_file=tmp_path / "password"))


def test_a_password_that_is_not_there_is_told_with_the_remedy(at: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run `vigie init`"):
        _call(replace(at, password_file=tmp_path / "none"))


def test_an_api_of_another_authority_is_not_spoken_to(at: Endpoint, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "pki")
    with pytest.raises(Unreachable, match="certificate verify failed"):
        _call(replace(at, ca=stranger.ca))


def test_where_nobody_listens_is_told_with_the_address(at: Endpoint) -> None:
    url = f"https://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match=f"{url} does not answer .*is salt-api running there"):
        _call(replace(at, url=url))


def test_what_is_no_salt_api_is_told_so(stage: Stage, at: Endpoint) -> None:
    with stage.real_door():
        door = stage.region.door
        with pytest.raises(Misunderstood, match=f"{door} answers /login with 404"):
            _call(replace(at, url=door))


def test_a_key_that_is_none_is_refused_by_the_master(stage: Stage) -> None:
    with pytest.raises(Misunderstood, match="is no PEM public key"):
        stage.port.accept("pvp-1", "ssh-rsa AAAA")
    with pytest.raises(Misunderstood, match="must be an id such as"):
        stage.port.accept("../../etc/passwd", "")
