"""What a master on another machine is given."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from controller.config import Config, KioskDoor, Salt
from controller.enrolment.authority import Authority
from controller.errors import ConfigError
from controller.salt import elsewhere, master
from controller.salt.terms import minion_terms

THERE = Path("/var/lib/vigie-salt")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """After `vigie init`."""
    made = Config(
        home=tmp_path / "home",
        salt=Salt(url="https://salt.example.org:8480"),
        kiosk_door=KioskDoor(names=("vigie.example.org",)),
    )
    authority = Authority(made.home / "pki")
    authority.create()
    authority.issue_server(master.API_CERTIFICATE, master.api_names(made))
    authority.issue_client(master.PILLAR_CLIENT)
    return made


def packed(config: Config, into: Path) -> Path:
    elsewhere.pack(config, elsewhere.place(config, THERE, "salt"), into)
    return into


def test_all_that_it_reads_is_there_and_the_password_is_not(config: Config, tmp_path: Path) -> None:
    into = packed(config, tmp_path / "files")
    found = {str(path.relative_to(into)) for path in into.rglob("*") if path.is_file()}
    assert found == {
        "eauth",
        "etc/master",
        "ext/netapi/vigie_events.py",
        "ext/pillar/vigie.py",
        "ext/runners/vigie_keys.py",
        "pki/master.pem",
        "pki/master.pub",
        "tls/ca.pem",
        "tls/salt.key",
        "tls/salt.pem",
        "tls/vigie-salt.key",
        "tls/vigie-salt.pem",
    }


def test_its_configuration_speaks_of_that_machine(config: Config, tmp_path: Path) -> None:
    text = (packed(config, tmp_path / "files") / "etc" / "master").read_text()
    assert str(config.home) not in text
    assert 'user: "salt"' in text
    assert '"https://vigie.example.org:8443"' in text
    assert '"/var/lib/vigie-salt/tls/salt.pem"' in text


def test_private_keys_are_readable_by_their_owner_alone(config: Config, tmp_path: Path) -> None:
    into = packed(config, tmp_path / "files")
    for name in ("eauth", "pki/master.pem", "tls/salt.key", "tls/vigie-salt.key"):
        assert stat.S_IMODE((into / name).stat().st_mode) == 0o600, name


def test_written_again_it_is_the_same_master_that_minions_know(
    config: Config, tmp_path: Path
) -> None:
    first = packed(config, tmp_path / "first")
    second = packed(config, tmp_path / "second")
    for name in ("eauth", "pki/master.pem"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert minion_terms(config).finger


def test_a_folder_that_is_there_is_left_alone(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name a new folder"):
        packed(config, tmp_path)


def test_before_init_it_says_so(config: Config, tmp_path: Path) -> None:
    (config.home / "pki" / "vigie-salt.key").unlink()
    with pytest.raises(ConfigError, match="run `vigie init` first"):
        packed(config, tmp_path / "files")


@pytest.mark.parametrize(
    "salt",
    [Salt(is_managed=True), Salt(), Salt(url="http://salt.example.org:8480")],
    ids=["managed here", "none", "not over TLS"],
)
def test_it_is_for_a_master_elsewhere_over_tls(config: Config, salt: Salt) -> None:
    with pytest.raises(ConfigError, match="https://host:port"):
        elsewhere.place(replace(config, salt=salt), THERE, "salt")
