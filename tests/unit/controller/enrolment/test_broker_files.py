"""The broker's files as written; tests/peer/trust shows what the broker makes of them."""

import os
from pathlib import Path

import pytest

from controller.config import Broker, Config
from controller.enrolment import broker


@pytest.fixture
def where(tmp_path: Path) -> broker.BrokerFiles:
    found = broker.files(tmp_path)
    found.folder.mkdir()
    return found


def test_denials_stand_under_the_kiosks_name() -> None:
    text = broker.acl_text(["vigie-ingest"], ["pvp-2", "pvp-1"])
    assert text.index("user pvp-1\ntopic deny #\n") < text.index("user pvp-2\ntopic deny #\n")


def test_the_patterns_give_writing_and_reading_apart() -> None:
    rules = broker.acl_text([], []).splitlines()
    assert [rule for rule in rules if rule.startswith("pattern")] == [
        "pattern write vigie/1/%u/presence",
        "pattern write vigie/1/%u/inventory",
        "pattern write vigie/1/%u/report",
        "pattern write vigie/1/%u/outcome",
        "pattern read vigie/1/%u/command",
        "pattern read vigie/1/%u/ack",
    ]


def test_the_broker_listens_everywhere_unless_told(tmp_path: Path) -> None:
    everywhere = Config(home=tmp_path)
    there = Config(home=tmp_path, broker=Broker(port=1234, listen="192.0.2.1"))
    assert "\nlistener 8883\n" in broker.conf_text(everywhere)
    assert "\nlistener 1234 192.0.2.1\n" in broker.conf_text(there)


def test_nobody_is_told_where_no_broker_has_run(where: broker.BrokerFiles) -> None:
    assert not broker.reload(where)


@pytest.mark.parametrize("content", ["", "x", "999999999", "1", "self"])
def test_a_stale_pid_file_signals_nobody_else(where: broker.BrokerFiles, content: str) -> None:
    # Were it to signal this very process, SIGHUP would end the test run.
    where.pid.write_text(str(os.getpid()) if content == "self" else content)
    assert not broker.reload(where)
