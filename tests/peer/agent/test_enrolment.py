"""Enrolment from the kiosk's side: what it sends, to whom, and what it keeps."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from agent.configfile import check_credentials, load
from agent.enrol import enrol
from agent.errors import ConfigError, EnrolError
from tests.agents import KIOSK
from tests.peer.agent.door import Door
from tests.peer.authority import Authority


@pytest.fixture
def door(authority: Authority) -> Iterator[Door]:
    one = Door(authority)
    yield one
    one.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "agent.toml"


def token(authority: Authority) -> str:
    return f"vgt1.s3cret.{authority.certificate.fingerprint(hashes.SHA256()).hex()}"


def test_a_kiosk_enrols_with_a_key_that_never_leaves_it(door: Door, config: Path) -> None:
    assert enrol(door.url, token(door.authority), config).kiosk == KIOSK
    key = config.parent / "kiosk.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [one.keys() for one in door.asked] == [{"token", "csr"}]
    assert "PRIVATE" not in door.asked[0]["csr"]
    asked = x509.load_pem_x509_csr(door.asked[0]["csr"].encode()).public_key()
    assert isinstance(asked, ec.EllipticCurvePublicKey)
    assert asked.curve.name == "secp256r1"


def test_the_agent_can_start_with_what_enrolment_wrote(door: Door, config: Path) -> None:
    enrol(door.url, token(door.authority), config)
    written = load(config)
    check_credentials(written)
    assert (written.kiosk, written.broker.host) == (KIOSK, "broker.example.org")
    assert written.broker.certificate == config.parent / "kiosk.pem"


def test_a_stranger_gets_neither_token_nor_request(
    tmp_path: Path, authority: Authority, config: Path
) -> None:
    stranger = Door(authority, shown=Authority(tmp_path / "stranger", "Somebody in between"))
    with pytest.raises(EnrolError, match=r"this is not the controller .* Nothing was sent"):
        enrol(stranger.url, token(authority), config)
    stranger.close()
    assert stranger.asked == []
    assert not config.exists()


def test_a_refusal_is_told_in_the_controllers_words_and_trying_again_uses_the_same_key(
    door: Door, config: Path
) -> None:
    door.refusal = "this token was used before: ask for another"
    with pytest.raises(EnrolError, match="the controller refuses: this token was used before"):
        enrol(door.url, token(door.authority), config)
    door.refusal = ""
    enrol(door.url, token(door.authority), config)
    keys = [x509.load_pem_x509_csr(one["csr"].encode()).public_key() for one in door.asked]
    assert keys[0] == keys[1]


def test_a_certificate_for_another_key_replaces_nothing(door: Door, config: Path) -> None:
    enrol(door.url, token(door.authority), config)
    before = (config.parent / "kiosk.pem").read_bytes()
    door.answers_with_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(EnrolError, match="not for this kiosk's key"):
        enrol(door.url, token(door.authority), config)
    assert (config.parent / "kiosk.pem").read_bytes() == before


def test_an_agent_toml_that_is_there_is_left_and_its_files_are_used(
    door: Door, config: Path
) -> None:
    config.parent.mkdir()
    text = (
        f'kiosk = "{KIOSK}"\n[broker]\nhost = "broker.example.org"\n'
        'ca = "pki/a.pem"\ncertificate = "pki/c.pem"\nkey = "pki/k.key"\n'
    )
    config.write_text(text)
    enrol(door.url, token(door.authority), config)
    assert config.read_text() == text
    check_credentials(load(config))


def test_an_agent_toml_of_another_kiosk_is_said(door: Door, config: Path) -> None:
    enrol(door.url, token(door.authority), config)
    config.write_text(config.read_text().replace(KIOSK, "pvp-15000-9"))
    with pytest.raises(ConfigError, match="kiosk is 'pvp-15000-9', must be 'pvp-63003-1'"):
        enrol(door.url, token(door.authority), config)


def test_a_controller_that_is_not_there_is_said(door: Door, config: Path) -> None:
    door.close()
    with pytest.raises(EnrolError, match="refuses connections"):
        enrol(door.url, token(door.authority), config)
