"""What a Salt master is laid with."""

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.config import Config, KioskDoor, Salt
from controller.errors import ConfigError
from controller.salt import identity, master
from controller.salt.terms import minion_terms

OURS = Salt(is_managed=True, publish_port=5505, return_port=5506, api_port=5480)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path, salt=OURS, kiosk_door=KioskDoor(names=("vigie.example.org",)))


def read(path: Path) -> dict[str, Any]:
    """YAML as we write it: a line a key, JSON after it."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return {key: json.loads(value) for key, _, value in (line.partition(": ") for line in lines)}


def laid(config: Config, into: Path) -> list[str]:
    return master.lay(config, master.here(config), into)


def test_all_is_laid_once_and_keys_and_password_are_kept(config: Config, tmp_path: Path) -> None:
    assert len(laid(config, tmp_path)) == 2
    kept = {name: (tmp_path / name).read_bytes() for name in ("pki/master.pem", "api-password")}
    assert laid(config, tmp_path) == []
    assert kept == {name: (tmp_path / name).read_bytes() for name in kept}


def test_what_is_secret_is_the_owners_alone(config: Config, tmp_path: Path) -> None:
    laid(config, tmp_path)
    for name in ("api-password", "eauth", "pki/master.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name
    password = (tmp_path / "api-password").read_bytes()
    assert password not in (tmp_path / "etc" / "master").read_bytes()
    digest = hashlib.sha256(password).hexdigest()
    assert (tmp_path / "eauth").read_text() == f"vigie:{digest}\n"


def test_the_configuration_follows_vigie_toml(config: Config, tmp_path: Path) -> None:
    laid(config, tmp_path)
    written = read(tmp_path / "etc" / "master")
    assert (written["publish_port"], written["ret_port"]) == (5505, 5506)
    assert written["interface"] == "0.0.0.0"  # noqa: S104 - minions come from outside
    assert written["rest_cherrypy"]["host"] == "127.0.0.1"
    assert written["rest_cherrypy"]["port"] == 5480
    assert written["ext_pillar"][0]["vigie"]["url"] == "https://127.0.0.1:8443"


def test_all_that_salt_writes_lies_under_its_root(config: Config, tmp_path: Path) -> None:
    laid(config, tmp_path)
    written = read(tmp_path / "etc" / "master")
    root = written["root_dir"]
    for key in ("pki_dir", "cachedir", "sock_dir", "pidfile", "api_pidfile", "extension_modules"):
        assert written[key].startswith(f"{root}/"), key


def test_the_controller_may_call_nothing_that_runs_a_command_of_its_choice(
    config: Config, tmp_path: Path
) -> None:
    laid(config, tmp_path)
    written = read(tmp_path / "etc" / "master")
    (functions, runners) = written["external_auth"]["file"]["vigie"]
    assert functions["*"] == [
        "test.*",
        "state.apply",
        "saltutil.find_job",
        "saltutil.find_cached_job",
        "saltutil.refresh_pillar",
    ]
    assert runners == {"@runner": ["jobs.*", "vigie_keys.*"]}


def test_our_modules_are_laid_where_the_master_looks(config: Config, tmp_path: Path) -> None:
    laid(config, tmp_path)
    found = {str(path.relative_to(tmp_path / "ext")) for path in tmp_path.glob("ext/*/*.py")}
    assert found == {"netapi/vigie_events.py", "pillar/vigie.py", "runners/vigie_keys.py"}


def test_a_door_on_one_address_is_asked_by_its_first_name(config: Config) -> None:
    door = KioskDoor(host="192.0.2.7", names=("vigie.example.org",))
    assert master.here(replace(config, kiosk_door=door)).door == "https://vigie.example.org:8443"


def test_a_home_too_long_for_salts_sockets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose a shorter --home"):
        master.prepare(Config(home=tmp_path / ("x" * 80), salt=OURS))


def test_salt_that_is_not_installed_is_named(config: Config) -> None:
    gone = replace(config, salt=replace(OURS, programs="/nowhere/bin"))
    with pytest.raises(ConfigError, match="/nowhere/bin/salt-master is not there"):
        master.commands(gone)


def test_minions_are_told_where_the_master_is_and_what_its_key_is(tmp_path: Path) -> None:
    config = Config(home=tmp_path, salt=OURS, kiosk_door=KioskDoor(names=("vigie.example.org",)))
    with pytest.raises(ConfigError, match="run `vigie init`"):
        minion_terms(config)
    laid(config, tmp_path / "salt")
    terms = minion_terms(config)
    assert (terms.master, terms.publish_port, terms.return_port) == (
        "vigie.example.org",
        5505,
        5506,
    )
    public = (tmp_path / "salt" / "pki" / "master.pub").read_text()
    assert terms.finger == identity.finger_of(public)
    assert len(terms.finger) == 32 * 3 - 1


def test_a_private_key_that_was_lost_is_never_replaced(config: Config, tmp_path: Path) -> None:
    laid(config, tmp_path)
    (tmp_path / "pki" / "master.pem").unlink()
    with pytest.raises(ConfigError, match="restore it from backup"):
        laid(config, tmp_path)


def test_a_public_key_that_was_lost_is_made_of_the_private_one(
    config: Config, tmp_path: Path
) -> None:
    laid(config, tmp_path)
    public = (tmp_path / "pki" / "master.pub").read_bytes()
    (tmp_path / "pki" / "master.pub").unlink()
    laid(config, tmp_path)
    assert (tmp_path / "pki" / "master.pub").read_bytes() == public
