"""A demonstration's folder and ports."""

import socket
from pathlib import Path

import pytest

from simulator.demo.layout import Layout, Ports
from simulator.errors import DemoError


def test_a_port_that_is_taken_is_named_with_the_option_that_moves_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(DemoError, match=f"port {taken} for the broker.*--broker-port"):
            Ports(web=_free(), door=_free(), broker=taken).require_free(with_salt=True)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(DemoError, match="not empty"), Layout(tmp_path).locked(fresh=True):
        pass
    assert (tmp_path / "thesis.txt").exists()


def test_two_demonstrations_do_not_share_a_folder(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "demo")
    with (
        layout.locked(fresh=False),
        pytest.raises(DemoError, match="already"),
        layout.locked(fresh=False),
    ):
        pass


def test_state_is_kept_unless_a_fresh_start_is_asked_for(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "demo")
    with layout.locked(fresh=False):
        layout.home.mkdir()
        layout.logins.write_text("[]")
    with layout.locked(fresh=False):
        assert layout.logins.exists()
    with layout.locked(fresh=True):
        assert not layout.logins.exists()
        assert not layout.home.exists()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
