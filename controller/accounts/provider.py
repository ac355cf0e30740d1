"""The OpenID provider as it describes itself, and whether an ID token is its word.

OpenID Connect Discovery 1.0, and of Core 1.0 section 3.1.3.7: signature, issuer, audience, time,
nonce. Only signatures by the provider's own key count, never those by the shared secret.
"""

import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
from django.core.cache import cache

from controller.errors import LoginRefused

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
_KNOWN_FOR_S = 600
_TIMEOUT_S = 10.0
_LEEWAY_S = 30  # the two machines' clocks
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Provider:
    """Where to ask what. Addresses that are not offered are empty."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""


def discover(issuer: str) -> Provider:
    """The provider of that name, asked anew every ten minutes. Raises LoginRefused."""
    known: Provider | None = cache.get(f"oidc.provider:{issuer}")
    if known is None:
        told = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        known = described(issuer, told)
        cache.set(f"oidc.provider:{issuer}", known, _KNOWN_FOR_S)
    return known


def described(issuer: str, told: dict[str, Any]) -> Provider:
    """The provider by its description. Raises LoginRefused for another's, or a lacking one."""
    if told.get("issuer") != issuer:
        raise untrusted(f"oidc.issuer is {issuer!r}, but calls itself {told.get('issuer')!r}")
    addresses = {name: str(told.get(name, "")) for name in Provider.__slots__ if name != "issuer"}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not addresses[name]:
            raise untrusted(f"provider {issuer} names no {name}")
    for address in filter(None, addresses.values()):
        _require_safe(address)
    return Provider(issuer=issuer, **addresses)


def claims_of(token: str, provider: Provider, client_id: str, nonce: str) -> dict[str, Any]:
    """What the provider says of the person. Raises LoginRefused when it is not its word for us."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise untrusted(f"ID token is signed by {algorithm}, must be one of {ALGORITHMS}")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(provider, str(header.get("kid", "")), algorithm),
            algorithms=[algorithm],
            audience=client_id,
            issuer=provider.issuer,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )
    except jwt.PyJWTError as err:
        raise untrusted(f"ID token of {provider.issuer}: {err}") from err
    if not nonce or not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise untrusted(f"ID token of {provider.issuer}: its nonce is not the one that was sent")
    if claims.get("azp", client_id) != client_id:
        raise untrusted(f"ID token of {provider.issuer} was made for {claims['azp']!r}")
    return claims


def untrusted(text: str) -> LoginRefused:
    """A provider's answer that does not count."""
    return LoginRefused("untrusted", text)


def _key(provider: Provider, kid: str, algorithm: str) -> jwt.PyJWK:
    """The provider's key; its keys are fetched again when that one is new."""
    name = f"oidc.keys:{provider.jwks_uri}"
    known: dict[str, Any] | None = cache.get(name)
    found = _find(known, kid, algorithm) if known else None
    if found is None:
        known = _get(provider.jwks_uri)
        cache.set(name, known, _KNOWN_FOR_S)
        found = _find(known, kid, algorithm)
    if found is None:
        raise untrusted(f"provider {provider.issuer} has no key {kid!r}")
    return found


def _find(told: dict[str, Any], kid: str, algorithm: str) -> jwt.PyJWK | None:
    for entry in told.get("keys", ()):
        is_named = not kid or entry.get("kid") == kid
        if is_named and entry.get("use", "sig") == "sig" and entry.get("kty") != "oct":
            key = jwt.PyJWK(entry, algorithm)
            if entry.get("alg", algorithm) == algorithm:
                return key
    return None


def _get(address: str) -> dict[str, Any]:
    _require_safe(address)
    try:
        response = httpx.get(address, timeout=_TIMEOUT_S, headers={"Accept": "application/json"})
        told = response.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as err:
        raise LoginRefused("unreachable", f"{address} does not answer as it should: {err}") from err
    if not isinstance(told, dict):
        raise untrusted(f"{address} answers with no JSON object")
    return told


def _require_safe(address: str) -> None:
    """Raises LoginRefused for what others could read or change on the way."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise untrusted(f"{address} is not safe: the provider must be reached by https")
