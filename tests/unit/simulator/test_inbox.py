"""The demonstration's messages: signed ones are said in a line and kept whole."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.notify.letters import Letter, Way
from controller.notify.senders import Undelivered, webhook
from simulator.demo.inbox import Inbox

LETTER = Letter(
    "a1",
    "fired",
    "[Urgent] Caméra en panne, Ambert (63)",
    "Que faire ?",
    "",
    datetime(2026, 11, 24, 20, 0, tzinfo=UTC),
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def inbox(tmp_path: Path, said: list[str]) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "messages.log", said.append)
    yield made
    made.close()


def test_a_message_is_said_in_a_line_and_kept_whole(
    inbox: Inbox, said: list[str], tmp_path: Path
) -> None:
    webhook.send(Way("terminal", {"url": inbox.url}, inbox.secret), LETTER)
    assert said == ["[Urgent] Caméra en panne, Ambert (63)"]
    kept = (tmp_path / "messages.log").read_text(encoding="utf-8")
    assert "2026-11-24 20:00:00 UTC" in kept
    assert "Que faire ?" in kept


def test_who_does_not_have_the_secret_says_nothing(inbox: Inbox, said: list[str]) -> None:
    with pytest.raises(Undelivered, match="401"):
        webhook.send(Way("terminal", {"url": inbox.url}, "another"), LETTER)
    assert said == []


def test_what_is_no_message_is_refused(inbox: Inbox, said: list[str]) -> None:
    body = json.dumps({"type": "vigie.fired"}).encode()
    signed = {"webhook-id": "m1", "webhook-timestamp": "1"}
    signature = webhook.signature(inbox.secret, "m1", "1", body)
    assert inbox.take({**signed, "webhook-signature": signature}, body) == 400
    assert said == []
