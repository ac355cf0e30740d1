"""The real agent meets the real door: both sides of the exchange, each as it is shipped."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.mqtt import Voice
from tests.peer.region import ROOT, Papers, Region

KIOSK = "pvp-63003-1"


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with Region(tmp_path_factory.mktemp("region")) as made:
        made.plant(KIOSK)
        made.start_broker()
        made.start_web()
        yield made


@pytest.fixture
def token(region: Region) -> str:
    return region.vigie("enrol-token", KIOSK).split()[1]


def enrol(region: Region, token: str, config: Path) -> "subprocess.CompletedProcess[str]":
    """`vigie-agent enrol`."""
    options = ("--controller", region.door, "--token", token, "--config", str(config))
    return subprocess.run(
        [sys.executable, "-m", "agent", "enrol", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def papers_of(config: Path) -> Papers:
    """The papers that agent.toml points to, named as the broker client names itself."""
    broker = tomllib.loads(config.read_text())["broker"]
    certificate, key, ca = (config.parent / broker[name] for name in ("certificate", "key", "ca"))
    return Papers(certificate, key, ca)


def test_the_agent_enrols_and_is_let_in(region: Region, token: str, tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    done = enrol(region, token, config)
    assert done.returncode == 0, done.stderr
    assert tomllib.loads(config.read_text())["kiosk"] == KIOSK
    with Voice(region.broker_port, papers_of(config), client_id=KIOSK) as voice:
        assert voice.say(f"vigie/1/{KIOSK}/report") != "Not authorized"


def test_the_agent_may_try_again(region: Region, token: str, tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    assert enrol(region, token, config).returncode == 0
    first = papers_of(config).certificate.read_text()
    again = enrol(region, token, config)
    assert again.returncode == 0, again.stderr
    assert papers_of(config).certificate.read_text() == first


def test_the_agent_sends_nothing_to_another_controller(
    region: Region, token: str, tmp_path: Path
) -> None:
    foreign = f"{token.rpartition('.')[0]}.{'0' * 64}"
    done = enrol(region, foreign, tmp_path / "agent.toml")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert region.log("web").count("refused: the token was made by another") == 0


def test_the_agent_passes_the_doors_words_on(region: Region, token: str, tmp_path: Path) -> None:
    assert enrol(region, token, tmp_path / "first.toml").returncode == 0
    (tmp_path / "thief").mkdir()
    done = enrol(region, token, tmp_path / "thief" / "agent.toml")
    assert done.returncode != 0
    assert f"the token of {KIOSK} was used on" in done.stderr
