"""The real agent brings its minion's key to the real door; Salt itself is away."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import minion, minionkey
from agent.configfile import load
from agent.errors import EnrolError
from controller.salt import identity
from tests.peer.region import ROOT, Region

KIOSK = "pvp-63003-1"
KEYS = """
import sys, django
django.setup()
from controller.salt import keys
print(keys.current(sys.argv[1]) or "", end="")
"""


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """One with a Salt master, which does not run; releases are trusted by one key."""
    with Region(tmp_path_factory.mktemp("region"), "[salt]\nis_managed = true\n") as made:
        (made.home / "salt" / "release-keys" / "2026.pub").write_text("a key\n")
        made.plant(KIOSK)
        made.start_web()
        yield made


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """What is /etc elsewhere."""
    return tmp_path / "etc"


def enrol(region: Region, etc: Path, *options: str) -> None:
    """`vigie-agent enrol`, with a new token."""
    token = region.vigie("enrol-token", KIOSK).split()[1]
    given = ("--controller", region.door, "--token", token)
    places = ("--config", str(etc / "vigie/agent.toml"), "--minion-folder", str(etc / "salt"))
    done = subprocess.run(
        [sys.executable, "-m", "agent", "enrol", *given, *places, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def current(region: Region) -> str:
    """The key that counts, as the controller has it."""
    return region.python(KEYS, KIOSK)


def test_enrolment_sets_the_minion_up(region: Region, etc: Path) -> None:
    enrol(region, etc)
    pki, conf = etc / "salt/pki/minion", (etc / "salt/minion.d/vigie.conf").read_text()
    assert f'id: "{KIOSK}"\nmaster: "localhost"\nmaster_port: 4506\n' in conf
    assert f'master_finger: "{identity.finger(region.home)}"' in conf
    assert (pki / "minion.pub").read_text() == current(region)
    assert minion.public(pki / "minion.pem") == current(region)
    modes = [path.stat().st_mode & 0o777 for path in (pki, pki / "minion.pem")]
    assert modes == [0o700, 0o400]
    assert (etc / "vigie/release-keys/2026.pub").read_text() == "a key\n"
    bits = subprocess.run(
        ["/usr/bin/openssl", "rsa", "-in", str(pki / "minion.pem"), "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"3072 bit", bits.stdout)


def test_once_enrolled_agent_toml_says_where_the_minion_is(region: Region, etc: Path) -> None:
    enrol(region, etc)
    assert load(etc / "vigie/agent.toml").minion.folder == etc / "salt"
    (etc / "salt/minion.d/vigie.conf").unlink()
    first = current(region)
    enrol(region, etc)
    assert (etc / "salt/minion.d/vigie.conf").exists()
    assert current(region) == first


def test_who_wants_no_minion_has_none(region: Region, etc: Path) -> None:
    enrol(region, etc, "--no-minion")
    assert current(region) == ""
    assert sorted(path.name for path in etc.rglob("*")) == [
        "agent.toml",
        "ca.pem",
        "kiosk.key",
        "kiosk.pem",
        "vigie",
    ]


def test_where_there_is_no_master_none_is_set_up(
    tmp_path_factory: pytest.TempPathFactory, etc: Path
) -> None:
    with Region(tmp_path_factory.mktemp("saltless")) as region:
        region.plant(KIOSK)
        region.start_web()
        enrol(region, etc)
        assert not (etc / "salt").exists()
        assert not (etc / "vigie/minion.pem").exists()
        with pytest.raises(EnrolError, match="this region has no Salt master"):
            change_key(etc)


def test_while_salt_is_away_the_next_key_waits_beside(region: Region, etc: Path) -> None:
    enrol(region, etc)
    before = current(region)
    for _ in range(2):
        with pytest.raises(EnrolError, match="the Salt master cannot be told just now"):
            change_key(etc)
    where = minion.kept(etc / "vigie/kiosk.key")
    assert (current(region), minion.public(where.key)) == (before, before)
    assert where.next_key.exists()


def test_a_key_that_is_withdrawn_is_trusted_no_more(region: Region, etc: Path) -> None:
    (region.home / "salt/release-keys/2025.pub").write_text("an old key\n")
    enrol(region, etc)
    assert (etc / "vigie/release-keys/2025.pub").exists()
    (region.home / "salt/release-keys/2025.pub").unlink()
    enrol(region, etc)
    names = [path.name for path in (etc / "vigie/release-keys").iterdir()]
    assert names == ["2026.pub"]


def test_who_shows_no_certificate_changes_no_key(region: Region, etc: Path) -> None:
    enrol(region, etc)
    with region.client("127.0.0.9") as client:
        answer = client.post("/minion-key", json={"minion_key": current(region)})
    assert (answer.status_code, answer.json()["error"][:24]) == (403, "no certificate was shown")


def change_key(etc: Path) -> None:
    config = etc / "vigie/agent.toml"
    if "state_dir" not in config.read_text():
        (etc / "state").mkdir()
        config.write_text(f'state_dir = "{etc / "state"}"\n{config.read_text()}')
    minionkey.exchange(load(config), lambda *_: None)
