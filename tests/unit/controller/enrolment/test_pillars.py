"""Who is given a pillar at the kiosks' door, and what the others are told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from controller.enrolment.authority import Authority
from controller.enrolment.door import CERTIFICATE, Door
from controller.enrolment.failures import Failures
from controller.errors import ConfigError, NotFound

#: The door closes the connections that it leaves: none may be in a test's own transaction.
pytestmark = pytest.mark.django_db(transaction=True)

KIOSK = "pvp-63003-1"
Make = Callable[[str], dict[str, Any]]


def make(kiosk: str) -> dict[str, Any]:
    if kiosk != KIOSK:
        raise NotFound(f"no kiosk {kiosk!r}")
    return {"vigie": {"kiosk": kiosk, "revision": 3}}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "pki")
    made.create()
    return made


def shown(authority: Authority, name: str) -> bytes:
    """A certificate of this name, as TLS hands it on."""
    authority.issue_client(name)
    path = authority.folder / f"{name}.pem"
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def ask(
    authority: Authority, certificate: bytes, kiosk: str = KIOSK, pillar: Make = make
) -> httpx.Response:
    """GET /pillar/<kiosk> by a client that shows this certificate."""
    door = Door(authority.ca_pem, Failures(), pillar)

    async def connection(scope: Any, receive: Any, send: Any) -> None:
        await door({**scope, "state": {CERTIFICATE: certificate}}, receive, send)

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(connection)
        async with httpx.AsyncClient(transport=transport, base_url="https://door") as client:
            return await client.get(f"/pillar/{kiosk}")

    return async_to_sync(get)()


def test_the_master_is_given_a_kiosks_pillar(authority: Authority) -> None:
    answer = ask(authority, shown(authority, "vigie-salt"))
    assert answer.status_code == 200
    assert answer.json() == {"vigie": {"kiosk": KIOSK, "revision": 3}}


@pytest.mark.parametrize("name", [KIOSK, "vigie-ingest"])
def test_nobody_else_is_given_one_not_even_its_kiosk(authority: Authority, name: str) -> None:
    answer = ask(authority, shown(authority, name))
    assert answer.status_code == 403
    assert "Salt master alone" in answer.json()["error"]


def test_who_shows_no_certificate_is_given_none(authority: Authority) -> None:
    assert ask(authority, b"").status_code == 403


@pytest.mark.parametrize("kiosk", ["pvp-99999-9", "..", "vigie-salt", "A"])
def test_of_no_kiosk_there_is_none(authority: Authority, kiosk: str) -> None:
    assert ask(authority, shown(authority, "vigie-salt"), kiosk).status_code == 404


def test_a_pillar_that_cannot_be_made_is_a_failure_never_an_empty_one(
    authority: Authority,
) -> None:
    def fails(_kiosk: str) -> dict[str, Any]:
        raise ConfigError("secret.key is missing")

    answer = ask(authority, shown(authority, "vigie-salt"), pillar=fails)
    assert answer.status_code == 503
    assert "secret.key" not in answer.text
    assert answer.headers["retry-after"] == "10"
