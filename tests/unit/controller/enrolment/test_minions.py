"""A minion's key comes in with enrolment or by itself; word of its master goes out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from controller.accounts.models import AuditEntry
from controller.config import Config, Salt
from controller.enrolment import minions, services
from controller.enrolment.authority import Authority
from controller.enrolment.models import Certificate
from controller.enrolment.services import Enrolled
from controller.errors import EnrolmentError, Refused
from controller.fleet.models import Kiosk
from controller.salt import keys
from controller.salt.port import Unreachable
from tests import fleets

pytestmark = pytest.mark.django_db

KIOSK = "pvp-63003-1"
MASTER = "-----BEGIN PUBLIC KEY-----\nQUJD\n-----END PUBLIC KEY-----\n"


class Slate:
    """The master's folder of keys; `meanwhile` happens once, when one has been laid."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.is_away = False
        self.meanwhile: Callable[[], object] = lambda: None

    def accept(self, kiosk: str, public_key: str) -> None:
        if self.is_away:
            raise Unreachable("nobody answers")
        self.keys[kiosk] = public_key
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()

    def remove(self, kiosk: str) -> None:
        self.keys.pop(kiosk, None)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A region with a master, and one key that releases are trusted by."""
    home: Path = settings.VIGIE.home
    made = replace(settings.VIGIE, home=tmp_path, salt=Salt(is_managed=True, public_host="salt.x"))
    monkeypatch.setattr(settings, "VIGIE", made)
    for name in ("pki", "release-keys"):
        (tmp_path / "salt" / name).mkdir(parents=True)
    (tmp_path / "salt" / "pki" / "master.pub").write_text(MASTER)
    (tmp_path / "salt" / "release-keys" / "2026.pub").write_text("PEM\n")
    Authority(tmp_path / "pki").create()
    assert home != tmp_path
    return made


@pytest.fixture
def kiosk() -> Kiosk:
    return fleets.kiosk(KIOSK)


@pytest.fixture(scope="module")
def pems() -> tuple[str, str]:
    return minion_key(), minion_key()


def minion_key() -> str:
    key = rsa.generate_private_key(65537, 2048).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(Encoding.PEM, form).decode("ascii")


def csr() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def enrol(kiosk: Kiosk, key: str | None) -> Enrolled:
    return services.redeem(services.make_token(kiosk), csr(), minion_key=key)


def shown(kiosk: Kiosk) -> bytes:
    pem = Certificate.objects.get(kiosk=kiosk, revoked_at=None).pem
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def exchange(kiosk: Kiosk, key: str, slate: Slate | None) -> minions.Exchanged:
    return minions.exchange(shown(kiosk), key, slate, now=datetime.now(UTC))


def test_who_brings_a_key_is_told_of_the_master_and_of_the_releases_keys(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    given = enrol(kiosk, pems[0])
    assert given.salt is not None
    assert (given.salt.master, given.salt.publish_port) == ("salt.x", 4505)
    assert given.salt.finger.startswith("fc:c2:0e:3b:")
    assert given.release_keys == {"2026": "PEM\n"}
    assert keys.current(KIOSK) == pems[0]


def test_who_brings_none_is_told_nothing_of_it_and_has_no_minion(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    enrol(kiosk, pems[0])
    given = enrol(kiosk, None)
    assert (given.salt, given.release_keys, keys.current(KIOSK)) == (None, None, None)


def test_without_a_master_a_kiosk_enrols_all_the_same(
    kiosk: Kiosk, pems: tuple[str, str], config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "VIGIE", replace(config, salt=Salt()))
    given = enrol(kiosk, pems[0])
    assert (given.kiosk, given.salt, keys.current(KIOSK)) == (KIOSK, None, None)


def test_a_bad_key_spends_no_token(kiosk: Kiosk, pems: tuple[str, str]) -> None:
    token, request = services.make_token(kiosk), csr()
    with pytest.raises(EnrolmentError, match="minion_key cannot be read"):
        services.redeem(token, request, minion_key="motd")
    assert services.redeem(token, request, minion_key=pems[0]).kiosk == KIOSK


def test_a_lost_answer_is_given_again_for_the_same_key_alone(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    token, request = services.make_token(kiosk), csr()
    first = services.redeem(token, request, minion_key=pems[0])
    assert services.redeem(token, request, minion_key=pems[0]) == first
    with pytest.raises(EnrolmentError, match="has another key than this"):
        services.redeem(token, request, minion_key=pems[1])
    assert keys.current(KIOSK) == pems[0]


def test_a_revoked_kiosks_minion_goes_too(kiosk: Kiosk, pems: tuple[str, str]) -> None:
    slate = Slate()
    enrol(kiosk, pems[0])
    keys.lay(slate, datetime.now(UTC))
    services.revoke(KIOSK, why="stolen")
    keys.lay(slate, datetime.now(UTC))
    assert slate.keys == {}


def test_another_key_is_on_the_master_when_the_kiosk_is_told_so(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    slate = Slate()
    enrol(kiosk, pems[0])
    told = exchange(kiosk, pems[1], slate)
    assert (told.kiosk, told.salt.master, told.release_keys) == (KIOSK, "salt.x", {"2026": "PEM\n"})
    assert (slate.keys, keys.current(KIOSK)) == ({KIOSK: pems[1]}, pems[1])
    assert keys.laid_at(KIOSK) is not None
    entry = AuditEntry.objects.get(action="enrolment.minion-key")
    assert (entry.subject, entry.details) == (KIOSK, {"digest": keys.digest(pems[1])})


def test_asked_again_the_same_is_done_and_the_audit_has_it_once(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    slate = Slate()
    enrol(kiosk, None)
    assert exchange(kiosk, pems[0], slate) == exchange(kiosk, pems[0], slate)
    assert AuditEntry.objects.filter(action="enrolment.minion-key").count() == 1


def test_while_salt_is_away_the_key_before_stays_the_one_that_counts(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    slate = Slate()
    enrol(kiosk, pems[0])
    keys.lay(slate, datetime.now(UTC))
    slate.keys[KIOSK] = pems[1]  # it was laid, and the word of it was lost
    slate.is_away = True
    with pytest.raises(Unreachable):
        exchange(kiosk, pems[1], slate)
    slate.is_away = False
    keys.lay(slate, datetime.now(UTC))
    assert (slate.keys, keys.current(KIOSK)) == ({KIOSK: pems[0]}, pems[0])


def test_the_worker_that_lays_the_key_before_meanwhile_does_not_win(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    slate = Slate()
    enrol(kiosk, pems[0])
    slate.meanwhile = lambda: keys.lay(slate, datetime.now(UTC))
    exchange(kiosk, pems[1], slate)
    assert slate.keys == {KIOSK: pems[1]}
    assert keys.laid_at(KIOSK) is not None


def test_who_is_revoked_meanwhile_has_no_key_on_the_master(
    kiosk: Kiosk, pems: tuple[str, str]
) -> None:
    slate = Slate()
    enrol(kiosk, None)
    slate.meanwhile = lambda: services.revoke(KIOSK, why="stolen")
    with pytest.raises(EnrolmentError, match="was revoked on"):
        exchange(kiosk, pems[0], slate)
    assert (slate.keys, keys.current(KIOSK)) == ({}, None)


def test_a_region_without_a_master_says_so(kiosk: Kiosk, pems: tuple[str, str]) -> None:
    enrol(kiosk, None)
    with pytest.raises(Refused, match="has no Salt master"):
        exchange(kiosk, pems[0], None)
