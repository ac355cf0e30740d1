"""An ID token counts when it is the provider's word, for us, for now, and for this login."""

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.core.cache import cache
from jwt.algorithms import RSAAlgorithm

from controller.accounts.provider import Provider, claims_of, described, discover
from controller.errors import LoginRefused

ISSUER = "https://id.example.org/realms/region"
AT = Provider(ISSUER, f"{ISSUER}/auth", f"{ISSUER}/token", f"{ISSUER}/keys")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
TOLD = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    """The provider's public key is known; nothing is asked of the network."""
    public = {**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "1", "use": "sig"}
    cache.set(f"oidc.keys:{AT.jwks_uri}", {"keys": [public]})
    yield
    cache.clear()


def token(key: RSAPrivateKey | str = KEY, algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": "vigie",
        "sub": "7",
        "iat": now,
        "exp": now + 300,
        "nonce": "n1",
        **changes,
    }
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, key, algorithm=algorithm, headers={"kid": "1"})


def test_the_providers_word_is_taken() -> None:
    assert claims_of(token(), AT, "vigie", "n1")["sub"] == "7"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://elsewhere.example.org"}, "issuer"),
        ({"aud": "another-client"}, "[Aa]udience"),
        ({"aud": ["vigie", "another"], "azp": "another"}, "was made for 'another'"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": int(time.time()) + 3600}, "not yet valid"),
        ({"nonce": "of-another-login"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": None}, "sub"),
    ],
)
def test_what_is_not_for_this_login_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(LoginRefused, match=why):
        claims_of(token(**changes), AT, "vigie", "n1")


def test_another_ones_signature_is_refused() -> None:
    with pytest.raises(LoginRefused, match="Signature"):
        claims_of(token(OTHER), AT, "vigie", "n1")


@pytest.mark.parametrize(("algorithm", "key"), [("none", ""), ("HS256", "a shared secret " * 3)])
def test_no_signature_and_a_shared_secret_are_refused(algorithm: str, key: str) -> None:
    with pytest.raises(LoginRefused, match=f"signed by {algorithm}"):
        claims_of(token(key, algorithm), AT, "vigie", "n1")


@pytest.mark.parametrize("rubbish", ["", "a.b", "é", "e30.e30.e30"])
def test_rubbish_is_refused(rubbish: str) -> None:
    with pytest.raises(LoginRefused):
        claims_of(rubbish, AT, "vigie", "n1")


def test_a_login_without_a_nonce_never_counts() -> None:
    with pytest.raises(LoginRefused, match="nonce"):
        claims_of(token(nonce=""), AT, "vigie", "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"issuer": "https://elsewhere.example.org"}, "calls itself"),
        ({"token_endpoint": None}, "names no token_endpoint"),
        ({"jwks_uri": "http://id.example.org/keys"}, "must be reached by https"),
    ],
)
def test_a_description_that_is_not_the_issuers_or_not_safe_is_refused(
    changes: dict[str, str | None], why: str
) -> None:
    told = {name: value for name, value in {**TOLD, **changes}.items() if value is not None}
    with pytest.raises(LoginRefused, match=why):
        described(ISSUER, told)


def test_an_issuer_without_tls_is_not_even_asked() -> None:
    with pytest.raises(LoginRefused, match="must be reached by https"):
        discover("http://id.example.org")
