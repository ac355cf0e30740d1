"""The region's authority, judged by the openssl program."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from controller.enrolment.authority import KIOSK_LIFE, Authority, Signed
from controller.errors import ConfigError, EnrolmentError


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "pki")
    made.create()
    return made


@pytest.fixture
def csr(tmp_path: Path) -> str:
    return openssl(
        *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-keyout", str(tmp_path / "key"), "-subj", "/CN=vigie-ingest"),
        *("-addext", "basicConstraints=critical,CA:TRUE"),
        *("-addext", "subjectAltName=DNS:vigie.example.org"),
    )


def openssl(*arguments: str) -> str:
    done = subprocess.run(
        ["/usr/bin/openssl", *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def saved(signed: Signed, folder: Path) -> str:
    path = folder / "signed.pem"
    path.write_text(signed.pem)
    return str(path)


def test_a_second_create_keeps_the_key(authority: Authority) -> None:
    key = (authority.folder / "ca.key").read_bytes()
    Authority(authority.folder).create()
    assert (authority.folder / "ca.key").read_bytes() == key


def test_two_authorities_have_different_names(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    other.create()
    subject = "-in {}/ca.pem -noout -subject"
    assert openssl("x509", *subject.format(authority.folder).split()) != openssl(
        "x509", *subject.format(other.folder).split()
    )


def test_before_it_is_made_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ca\.pem is missing: run `vigie init` first"):
        _ = Authority(tmp_path).ca_pem


def test_what_a_request_asks_for_besides_its_key_is_ignored(
    authority: Authority, csr: str, tmp_path: Path
) -> None:
    path = saved(authority.sign(csr, "pvp-63003-1"), tmp_path)
    text = openssl("x509", "-in", path, "-noout", "-text")
    assert "Subject: CN = pvp-63003-1\n" in text
    assert "CA:FALSE" in text
    assert "example.org" not in text


def test_the_certificate_holds_the_requests_key(
    authority: Authority, csr: str, tmp_path: Path
) -> None:
    path = saved(authority.sign(csr, "pvp-63003-1"), tmp_path)
    assert openssl("x509", "-in", path, "-noout", "-pubkey") == openssl(
        "pkey", "-in", str(tmp_path / "key"), "-pubout"
    )


def test_a_signed_certificate_is_described_truly(authority: Authority, csr: str) -> None:
    signed = authority.sign(csr, "pvp-63003-1")
    certificate = x509.load_pem_x509_certificate(signed.pem.encode())
    assert int(signed.serial, 16) == certificate.serial_number
    assert signed.expires_at == certificate.not_valid_after_utc
    assert signed.expires_at - signed.issued_at == KIOSK_LIFE
    assert certificate.not_valid_before_utc == signed.issued_at - timedelta(days=1)


def test_a_certificate_cannot_sign_another(authority: Authority, csr: str, tmp_path: Path) -> None:
    leaf = saved(authority.sign(csr, "pvp-63003-1"), tmp_path)
    below = tmp_path / "below.pem"
    request = tmp_path / "csr"
    request.write_text(csr)
    openssl(
        *("x509", "-req", "-in", str(request), "-CA", leaf, "-CAkey", str(tmp_path / "key")),
        *("-CAcreateserial", "-out", str(below)),
    )
    ca = str(authority.folder / "ca.pem")
    with pytest.raises(subprocess.CalledProcessError):
        openssl("verify", "-CAfile", ca, "-untrusted", leaf, str(below))


def test_a_servers_certificate_is_made_anew_only_when_its_names_change(
    authority: Authority,
) -> None:
    assert authority.issue_server("door", ["vigie.example.org", "192.0.2.1"])
    assert not authority.issue_server("door", ["vigie.example.org", "192.0.2.1"])
    assert authority.issue_server("door", ["vigie.example.org"])


def test_another_authoritys_certificate_is_made_anew(authority: Authority, tmp_path: Path) -> None:
    authority.issue_client("vigie-worker")
    for name in ("ca.pem", "ca.key"):
        (authority.folder / name).unlink()
    fresh = Authority(authority.folder)
    fresh.create()
    assert fresh.issue_client("vigie-worker")


@pytest.mark.parametrize("name", ["vigie.example.org", "192.0.2.1", "2001:db8::1"])
def test_a_server_is_known_by_each_of_its_names(authority: Authority, name: str) -> None:
    authority.issue_server("door", ["vigie.example.org", "192.0.2.1", "2001:db8::1"])
    option = "-verify_hostname" if "example" in name else "-verify_ip"
    folder = authority.folder
    said = openssl("verify", "-CAfile", f"{folder}/ca.pem", option, name, f"{folder}/door.pem")
    assert said.endswith("OK\n")


def test_a_listed_certificate_is_refused_and_another_is_not(
    authority: Authority, csr: str, tmp_path: Path
) -> None:
    bad, good = authority.sign(csr, "pvp-1"), authority.sign(csr, "pvp-2")
    crl = tmp_path / "crl.pem"
    crl.write_bytes(authority.crl([(bad.serial, datetime.now(UTC))]))
    check = ("verify", "-crl_check", "-CRLfile", str(crl), "-CAfile", f"{authority.folder}/ca.pem")
    assert openssl(*check, saved(good, tmp_path)).endswith("OK\n")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        openssl(*check, saved(bad, tmp_path))
    assert "certificate revoked" in refused.value.stderr


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN CERTIFICATE REQUEST-----\n", "\ud800"])
def test_a_request_that_is_none_is_refused(authority: Authority, text: str) -> None:
    with pytest.raises(EnrolmentError, match="must be a PKCS#10 request in PEM"):
        authority.sign(text, "pvp-1")
