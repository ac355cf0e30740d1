"""The minions' keys: which is to be on the master, and how it comes there, whoever is away."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from controller.errors import EnrolmentError
from controller.salt import keys
from controller.salt.models import MinionKey
from controller.salt.port import Misunderstood, Unreachable
from tests import fleets

NOW = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
ONE, OTHER = "pvp-63003-1", "pvp-63003-2"
FIRST, SECOND = "first key", "second key"


class Slate:
    """The master's folder of keys. `meanwhile` happens once, while a key is being laid."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.is_away = False
        self.refused: set[str] = set()
        self.meanwhile: Callable[[], None] = lambda: None

    def accept(self, kiosk: str, public_key: str) -> None:
        if self.is_away:
            raise Unreachable("nobody answers")
        if kiosk in self.refused:
            raise Misunderstood(f"no minion can be called {kiosk}")
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        self.keys[kiosk] = public_key

    def remove(self, kiosk: str) -> None:
        if self.is_away:
            raise Unreachable("nobody answers")
        self.keys.pop(kiosk, None)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()


@pytest.fixture
def slate() -> Slate:
    return Slate()


@pytest.fixture
def kiosk(db: None) -> str:
    return fleets.kiosk(ONE).id


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


def test_a_key_has_one_text_however_it_was_written() -> None:
    key = pem(rsa.generate_private_key(65537, 2048))
    assert keys.read(f"\r\n{key}".replace("\n", "\r\n")) == key


@pytest.mark.parametrize("text", ["", "motd", "-----BEGIN PUBLIC KEY-----\nAAAA\n", "clé"])
def test_what_is_no_key_is_refused_in_our_own_words(text: str) -> None:
    with pytest.raises(EnrolmentError, match="must be a public RSA key in PEM"):
        keys.read(text)


def test_a_weak_key_and_one_that_salt_does_not_know_are_refused() -> None:
    with pytest.raises(EnrolmentError, match="1024 bits, must be an RSA key of 2048"):
        keys.read(pem(rsa.generate_private_key(65537, 1024)))  # noqa: S505 - as it should not be
    with pytest.raises(EnrolmentError, match="256 bits, must be an RSA key"):
        keys.read(pem(ec.generate_private_key(ec.SECP256R1())))


def test_a_key_that_was_given_is_laid_once(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW)
    assert keys.laid_at(kiosk) is None
    keys.lay(slate, NOW)
    assert (slate.keys, keys.laid_at(kiosk)) == ({kiosk: FIRST}, NOW)
    slate.keys.clear()
    keys.lay(slate, NOW)
    assert slate.keys == {}


def test_what_could_not_be_laid_is_laid_when_salt_is_back(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW)
    slate.is_away = True
    with pytest.raises(Unreachable):
        keys.lay(slate, NOW)
    slate.is_away = False
    keys.lay(slate, NOW)
    assert slate.keys == {kiosk: FIRST}


def test_a_newer_key_takes_the_place_of_the_one_before(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW)
    keys.lay(slate, NOW)
    keys.give(kiosk, SECOND, NOW)
    keys.lay(slate, NOW)
    assert (slate.keys, keys.current(kiosk)) == ({kiosk: SECOND}, SECOND)
    assert list(MinionKey.objects.values_list("public_key", flat=True)) == [SECOND, FIRST]


def test_the_same_key_given_again_is_one(kiosk: str) -> None:
    keys.give(kiosk, FIRST, NOW)
    keys.give(kiosk, FIRST, NOW)
    assert MinionKey.objects.count() == 1


def test_an_ended_key_is_taken_off_and_no_more_asked_for(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW)
    keys.lay(slate, NOW)
    assert keys.end(kiosk, LATER)
    assert not keys.end(kiosk, LATER)
    keys.lay(slate, NOW)
    assert slate.keys == {}
    slate.is_away = True
    assert not keys.lay(slate, NOW)


def test_a_key_that_was_never_seen_laid_is_taken_off_too(kiosk: str, slate: Slate) -> None:
    slate.keys[kiosk] = FIRST  # it was, and whoever did so was killed before it was noted
    keys.give(kiosk, FIRST, NOW)
    keys.end(kiosk, LATER)
    keys.lay(slate, NOW)
    assert slate.keys == {}


def test_a_key_replaced_while_it_was_laid_does_not_stay(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW)

    def another_is_laid() -> None:
        slate.accept(kiosk, SECOND)
        keys.give(kiosk, SECOND, NOW, is_laid=True)

    slate.meanwhile = another_is_laid
    keys.lay(slate, NOW)
    assert slate.keys == {kiosk: FIRST}
    keys.lay(slate, NOW)
    assert slate.keys == {kiosk: SECOND}


def test_a_key_given_while_the_one_before_was_taken_off_is_laid(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW)
    keys.end(kiosk, LATER)
    slate.meanwhile = lambda: keys.give(kiosk, SECOND, NOW, is_laid=True)
    keys.lay(slate, NOW)
    keys.lay(slate, NOW)
    assert slate.keys == {kiosk: SECOND}


def test_a_master_that_lost_a_key_is_given_it_again(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW, is_laid=True)
    keys.doubt([kiosk])
    keys.lay(slate, NOW)
    assert slate.keys == {kiosk: FIRST}


def test_one_kiosk_that_salt_does_not_take_holds_up_no_other(kiosk: str, slate: Slate) -> None:
    slate.refused.add(kiosk)
    keys.give(kiosk, FIRST, NOW)
    keys.give(fleets.kiosk(OTHER).id, SECOND, NOW)
    with pytest.raises(Misunderstood):
        keys.lay(slate, NOW)
    assert slate.keys == {OTHER: SECOND}


def test_a_whole_region_is_laid_a_part_at_a_time(db: None, slate: Slate) -> None:
    for number in range(120):
        keys.give(fleets.kiosk(f"pvp-63003-{number}").id, FIRST, NOW)
    turns = 1
    while keys.lay(slate, NOW):
        turns += 1
    assert (len(slate.keys), turns) == (120, 3)


def test_whoever_is_killed_as_a_key_is_laid_leaves_the_one_before(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW)
    keys.lay(slate, NOW)
    keys.intend(kiosk, SECOND, NOW)
    slate.keys[kiosk] = SECOND
    keys.lay(slate, NOW + timedelta(seconds=50))  # it may still go through
    assert slate.keys == {kiosk: SECOND}
    keys.lay(slate, NOW + timedelta(seconds=60))
    assert (slate.keys, keys.current(kiosk)) == ({kiosk: FIRST}, FIRST)
    slate.keys.clear()
    keys.lay(slate, NOW + timedelta(days=1))
    assert slate.keys == {}


def test_a_first_key_that_nobody_was_told_of_is_taken_off(kiosk: str, slate: Slate) -> None:
    keys.intend(kiosk, FIRST, NOW)
    slate.keys[kiosk] = FIRST
    keys.lay(slate, NOW)
    assert slate.keys == {kiosk: FIRST}
    keys.lay(slate, NOW + timedelta(minutes=1))
    assert slate.keys == {}


def test_a_key_that_was_intended_and_is_given_counts(kiosk: str, slate: Slate) -> None:
    keys.give(kiosk, FIRST, NOW, is_laid=True)
    keys.intend(kiosk, SECOND, NOW)
    slate.accept(kiosk, SECOND)
    keys.give(kiosk, SECOND, NOW, is_laid=True)
    keys.lay(slate, NOW + timedelta(days=1))
    assert (slate.keys, keys.current(kiosk)) == ({kiosk: SECOND}, SECOND)
