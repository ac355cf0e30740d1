"""An order followed in a terminal, though the kiosk says what a terminal would obey."""

from typing import Any, cast

import pytest

from controller.remote import following, tables
from controller.remote.server import Server

CLEAR = "\x1b[2J\x1b]0;owned\x07"
ENDED: dict[str, Any] = {
    "kiosk": "pvp-1",
    "is_final": True,
    "events": [
        {
            "received_at": "2026-11-24T11:00:00+00:00",
            "state": "failed",
            "reason": f"did-not-work: {CLEAR}\nall is well",
            "result": {"progress_percent": 50, "step": CLEAR},
        }
    ],
}


def test_each_step_is_a_line_that_no_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    following.follow(cast(Server, None), ENDED)
    told = capsys.readouterr().err
    assert "failed" in told
    assert not {"\x1b", "\x07"} & set(told)
    assert told.count("\n") == 1


def test_nor_is_a_fact(capsys: pytest.CaptureFixture[str]) -> None:
    tables.facts([("answer", f"550 {CLEAR}")])
    assert "\x1b" not in capsys.readouterr().out
