"""A kiosk comes to its certificate through the real door, with what the openssl program makes."""

import itertools
import json
import re
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.peer.mqtt import Voice
from tests.peer.region import Papers, Region, make_request

ONE, OTHER = "pvp-63003-1", "pvp-63003-2"
_ADDRESSES = itertools.count(1)
_EXPIRE = """
import django; django.setup()
from datetime import timedelta
from django.utils import timezone
from controller.enrolment.models import EnrolmentToken
EnrolmentToken.objects.filter(used_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
"""
_LIVE = """
import django; django.setup()
from controller.enrolment.models import Certificate
print(Certificate.objects.filter(revoked_at=None).count())
"""


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with Region(tmp_path_factory.mktemp("region")) as made:
        made.plant(ONE, OTHER)
        made.start_broker()
        made.start_web()
        yield made


@pytest.fixture
def token(region: Region) -> str:
    return region.vigie("enrol-token", ONE).split()[1]


@pytest.fixture
def kiosk(region: Region) -> Iterator[httpx.Client]:
    """A machine at an address of its own: the door counts each address's failures apart."""
    with region.client(f"127.0.1.{next(_ADDRESSES)}") as client:
        yield client


def test_a_kiosk_enrols_and_speaks_to_the_broker(
    kiosk: httpx.Client, region: Region, token: str, tmp_path: Path
) -> None:
    key = tmp_path / f"{ONE}.key"
    answer = enrol(kiosk, token, make_request(key))
    assert answer.status_code == 200, answer.text
    given = answer.json()
    assert (given["kiosk"], given["broker_host"], given["broker_port"]) == (
        ONE,
        "localhost",
        region.broker_port,
    )
    papers = Papers(tmp_path / f"{ONE}.pem", key, tmp_path / "ca.pem")
    papers.certificate.write_text(given["certificate"])
    papers.ca.write_text(given["ca"])
    with Voice(given["broker_port"], papers) as voice:
        assert voice.say(f"vigie/1/{ONE}/report") != "Not authorized"


def test_the_certificate_says_what_openssl_reads(
    kiosk: httpx.Client, region: Region, token: str, tmp_path: Path
) -> None:
    certificate = tmp_path / "pem"
    request = make_request(tmp_path / "key")  # it asks for /CN=x
    certificate.write_text(enrol(kiosk, token, request).json()["certificate"])
    ca = str(region.pki / "ca.pem")
    verified = openssl("verify", "-purpose", "sslclient", "-CAfile", ca, str(certificate))
    assert verified.strip().endswith("OK")
    text = openssl("x509", "-in", str(certificate), "-noout", "-text", "-subject")
    assert f"subject=CN = {ONE}" in text
    assert "CA:FALSE" in text
    assert "TLS Web Client Authentication\n" in text
    assert "TLS Web Server Authentication" not in text
    with pytest.raises(subprocess.CalledProcessError):
        openssl("verify", "-purpose", "sslserver", "-CAfile", ca, str(certificate))


def test_the_token_names_the_authority_that_the_door_shows(region: Region, token: str) -> None:
    with httpx.Client(verify=False) as unsure:  # noqa: S501 - as a kiosk that knows nobody yet
        shown = unsure.get(f"{region.door}/ca.pem").text
    digest = openssl("x509", "-noout", "-fingerprint", "-sha256", stdin=shown)
    assert digest.split("=")[1].strip().replace(":", "").lower() == token.split(".")[2]


def test_a_lost_answer_is_given_again(kiosk: httpx.Client, token: str, tmp_path: Path) -> None:
    request = make_request(tmp_path / "key")
    first = enrol(kiosk, token, request)
    again = enrol(kiosk, token, request)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


def test_a_used_token_is_nothing_to_another_key(
    kiosk: httpx.Client, token: str, tmp_path: Path
) -> None:
    enrol(kiosk, token, make_request(tmp_path / "key"))
    answer = enrol(kiosk, token, make_request(tmp_path / "thief"))
    assert answer.status_code == 403
    assert re.search(rf"the token of {ONE} was used on .* UTC", answer.json()["error"])


def test_of_many_at_once_one_gets_the_certificate(
    kiosk: httpx.Client, region: Region, token: str, tmp_path: Path
) -> None:
    requests = [make_request(tmp_path / f"key{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda csr: enrol(kiosk, token, csr).status_code, requests))
    assert sorted(codes) == [200, 403, 403, 403, 403, 403]
    assert region.python(_LIVE).strip() == "1"


def test_an_expired_token_says_when_and_what_to_do(
    kiosk: httpx.Client, region: Region, token: str, tmp_path: Path
) -> None:
    region.python(_EXPIRE)
    answer = enrol(kiosk, token, make_request(tmp_path / "key"))
    assert answer.status_code == 403
    assert "expired on" in answer.json()["error"]
    assert f"vigie enrol-token {ONE}" in answer.json()["error"]


def test_a_newer_token_ends_the_one_before(
    kiosk: httpx.Client, region: Region, token: str, tmp_path: Path
) -> None:
    newer = region.vigie("enrol-token", ONE).split()[1]
    request = make_request(tmp_path / "key")
    assert enrol(kiosk, token, request).status_code == 403
    assert enrol(kiosk, newer, request).status_code == 200


def test_a_token_of_another_controller_is_told_apart(
    kiosk: httpx.Client, token: str, tmp_path: Path
) -> None:
    foreign = f"{token.rpartition('.')[0]}.{'0' * 64}"
    answer = enrol(kiosk, foreign, make_request(tmp_path / "key"))
    assert answer.status_code == 403
    assert "another controller" in answer.json()["error"]


@pytest.mark.parametrize(
    "options",
    [("-newkey", "rsa:1024"), ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1")],
    ids=["rsa-1024", "p-224"],
)
def test_a_weak_key_is_refused_and_the_token_is_not_spent(
    kiosk: httpx.Client, token: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    weak = enrol(kiosk, token, make_request(tmp_path / "weak", *options))
    assert weak.status_code == 403
    assert "must be an EC P-256" in weak.json()["error"]
    assert enrol(kiosk, token, make_request(tmp_path / "key")).status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        ("-newkey", "rsa:2048"),
        ("-newkey", "ed25519"),
        ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
    ],
    ids=["rsa-2048", "ed25519", "p-384"],
)
def test_other_sound_keys_are_taken(
    kiosk: httpx.Client, token: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    answer = enrol(kiosk, token, make_request(tmp_path / "key", *options))
    assert answer.status_code == 200, answer.text


def test_a_request_whose_signature_is_wrong_is_refused(
    kiosk: httpx.Client, token: str, tmp_path: Path
) -> None:
    der = bytearray(
        ssl.PEM_cert_to_DER_cert(
            make_request(tmp_path / "key").replace("CERTIFICATE REQUEST", "CERTIFICATE").strip()
        )
    )
    der[-1] ^= 1
    forged = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    answer = enrol(kiosk, token, forged)
    assert answer.status_code == 403
    assert "wrong signature" in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b'{"token": 1, "csr": ""}', 400),
        (b"[" * 16_000, 400),
        (b'{"token": "vgt1.short", "csr": "x"}', 403),
        (b'{"token": "' + b"x" * 20_000 + b'"}', 413),
    ],
    ids=["empty", "no-text", "wrong-types", "nested", "garbage", "oversize"],
)
def test_rubbish_is_answered_in_one_sentence(
    kiosk: httpx.Client, content: bytes, status: int
) -> None:
    answer = kiosk.post("/enrol", content=content)
    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)


def test_who_keeps_failing_must_wait(kiosk: httpx.Client, token: str, tmp_path: Path) -> None:
    codes = [kiosk.post("/enrol", content=b"?").status_code for _ in range(11)]
    assert codes == [400] * 10 + [429]
    answer = enrol(kiosk, token, make_request(tmp_path / "key"))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 61


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/login/", 404),
        ("GET", "/static/../ca.key", 404),
        ("GET", "/enrol", 405),
        ("POST", "/ca.pem", 405),
        ("PUT", "/enrol", 405),
    ],
)
def test_nothing_else_is_behind_the_door(
    kiosk: httpx.Client, method: str, path: str, status: int
) -> None:
    assert kiosk.request(method, path).status_code == status


def test_the_door_speaks_tls_1_3_alone(region: Region) -> None:
    trust = ssl.create_default_context(cafile=str(region.pki / "ca.pem"))
    with httpx.Client(verify=trust) as client:
        assert client.get(f"{region.door}/ca.pem").status_code == 200
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=trust) as client, pytest.raises(httpx.ConnectError):
        client.get(f"{region.door}/ca.pem")


def test_no_secret_is_stored_or_logged(
    kiosk: httpx.Client, region: Region, token: str, tmp_path: Path
) -> None:
    enrol(kiosk, token, make_request(tmp_path / "key"))
    secret = token.split(".")[1].encode()
    files = [path for path in region.home.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if secret in path.read_bytes()] == []
    assert secret.decode() not in region.log("web")


def test_all_kiosks_without_a_certificate_get_tokens_at_once(
    kiosk: httpx.Client, region: Region, token: str, tmp_path: Path
) -> None:
    enrol(kiosk, token, make_request(tmp_path / "key"))
    listed = json.loads(region.vigie("enrol-token", "--all", "--json"))
    assert [entry["kiosk"] for entry in listed] == [OTHER]
    answer = enrol(kiosk, listed[0]["token"], make_request(tmp_path / "other"))
    assert answer.json()["kiosk"] == OTHER


def enrol(kiosk: httpx.Client, token: str, csr: str) -> httpx.Response:
    return kiosk.post("/enrol", json={"token": token, "csr": csr})


def openssl(*arguments: str, stdin: str = "") -> str:
    """An oracle that is not ours."""
    done = subprocess.run(
        ["/usr/bin/openssl", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout
