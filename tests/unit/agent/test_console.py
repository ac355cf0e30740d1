"""The command line: what it answers and with which exit status."""

import json
from pathlib import Path

import pytest

from agent.config import Config
from agent.console import run
from agent.spool import Rank, Spool
from agent.store import open_store
from tests.agents import NOON, report

CONFIG = """kiosk = "pvp-63003-1"
state_dir = "state"
[broker]
host = "vigie.example.org"
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(CONFIG)
    return path


def test_a_wrong_configuration_is_said_and_ends_with_2(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(CONFIG.replace("vigie.example.org", ""))
    assert run(["run", "--config", str(config)]) == 2
    said = f"vigie-agent: {config}, line 4: broker.host is '', must be the broker's host name"
    assert capsys.readouterr().err.startswith(said)


def test_a_kiosk_that_was_not_enrolled_does_not_start(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "--config", str(config)]) == 2
    assert "enrol this kiosk first" in capsys.readouterr().err


def test_an_enrolled_kiosk_is_handed_over_to_be_watched(config: Path) -> None:
    for name in ("ca.pem", "kiosk.pem", "kiosk.key"):
        (config.parent / name).touch()
    watched = run(["run", "--config", str(config)])
    assert isinstance(watched, Config)
    assert watched.kiosk == "pvp-63003-1"


def test_the_outbox_is_shown_while_the_agent_has_it_open(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = Spool(open_store(config.parent / "state" / "agent.db"), 10_000)
    spool.push(report(), Rank.CHANGE)
    assert run(["outbox", "--json", "--config", str(config)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["epoch"] == spool.epoch
    assert shown["pending"] == {"report": 1}
    assert shown["oldest"] == NOON.isoformat()
    assert (shown["bytes"] > 0, shown["dropped"]) == (True, 0)
    spool.store.close()


def test_the_outbox_of_a_kiosk_that_never_ran_is_said(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["outbox", "--config", str(config)]) == 1
    assert "the agent has not run yet" in capsys.readouterr().err


def test_a_check_is_one_json_object_and_needs_no_broker(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--json", "--config", str(config)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown.keys() == {"devices", "verdict"}
    assert {"system", "storage", "network"} <= {device["id"] for device in shown["devices"]}
    assert {"id", "kind", "health", "reasons", "metrics", "facts"} == shown["devices"][0].keys()


def test_half_a_token_ends_with_1(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["enrol", "--controller", "https://a.example", "--token", "vgt1.s3cret"]
    assert run([*wrong, "--config", str(config)]) == 1
    assert "s3cret" not in capsys.readouterr().err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--help"])
    assert ended.value.code == 0
    assert "vigie-agent check --json" in capsys.readouterr().out
