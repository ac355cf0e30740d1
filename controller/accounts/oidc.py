"""Who the OpenID provider's people are to us: a user each, with the role that their groups give.

A person is known by issuer and subject, never by a name or an address, which may go to somebody
else. A name that a local user has is refused, so that no provider can take a local user over.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from controller.accounts import provider, sessions
from controller.accounts.audit import record
from controller.accounts.models import Identity
from controller.accounts.roles import Role, role_of
from controller.accounts.services import group_of
from controller.config import Oidc
from controller.errors import ConfigError, LoginRefused

TIMEOUT_S = 10


class Refusal(StrEnum):
    """Why somebody whom the provider knows is not let in."""

    NO_ROLE = "no-role"
    NAME_TAKEN = "name-taken"
    NO_NAME = "no-name"
    DOMAIN = "domain"
    DISABLED = "disabled"
    DECLINED = "declined"  # by the person, or by the provider
    UNTRUSTED = "untrusted"  # what came back is not the provider's word
    UNREACHABLE = "unreachable"


def setting(name: str, *default: Any) -> Any:
    """What mozilla-django-oidc asks of settings, from vigie.toml and the provider itself."""
    conf = settings.VIGIE.oidc
    if name.startswith("OIDC_OP_"):
        at = provider.discover(conf.issuer)
        return {
            "OIDC_OP_AUTHORIZATION_ENDPOINT": at.authorization_endpoint,
            "OIDC_OP_TOKEN_ENDPOINT": at.token_endpoint,
            "OIDC_OP_USER_ENDPOINT": at.userinfo_endpoint,
            "OIDC_OP_JWKS_ENDPOINT": at.jwks_uri,
        }[name]
    ours = {
        "OIDC_RP_CLIENT_ID": conf.client_id,
        "OIDC_RP_SCOPES": conf.scopes,
        "OIDC_AUTHENTICATION_CALLBACK_URL": "oidc-callback",
        "OIDC_USE_NONCE": True,
        "OIDC_USE_PKCE": True,
        "OIDC_TOKEN_USE_BASIC_AUTH": bool(conf.client_secret_file),
        "OIDC_TIMEOUT": TIMEOUT_S,
        "OIDC_STORE_ID_TOKEN": True,  # the provider's logout asks for it
    }
    return ours[name] if name in ours else default[0]


def client_secret(conf: Oidc) -> str:
    """Empty for a public client. Raises ConfigError when the file cannot be read."""
    if not conf.client_secret_file:
        return ""
    try:
        return Path(conf.client_secret_file).read_text(encoding="utf-8").strip()
    except OSError as err:
        raise ConfigError(
            f"oidc.client_secret_file {conf.client_secret_file} cannot be read: {err.strerror}"
        ) from err


class Backend(OIDCAuthenticationBackend):  # type: ignore[misc] # it has no types
    """mozilla-django-oidc's exchange of the code, with our own check of what comes back."""

    get_settings = staticmethod(setting)

    def __init__(self) -> None:
        """Nothing is asked of the provider before somebody comes back from it."""
        self.UserModel = User

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> User | None:
        """Only what the callback view asks. Raises LoginRefused."""
        if request is None or "nonce" not in kwargs:
            return None
        conf = settings.VIGIE.oidc
        self.OIDC_OP_TOKEN_ENDPOINT = setting("OIDC_OP_TOKEN_ENDPOINT")
        self.OIDC_OP_USER_ENDPOINT = setting("OIDC_OP_USER_ENDPOINT")
        self.OIDC_RP_CLIENT_ID = conf.client_id
        self.OIDC_RP_CLIENT_SECRET = client_secret(conf)
        try:
            user: User | None = super().authenticate(request, **kwargs)
        except (requests.RequestException, ValueError) as err:
            raise provider.untrusted(f"provider {conf.issuer} refuses the code: {err}") from err
        return user

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """The claims of the ID token. Raises LoginRefused."""
        conf = settings.VIGIE.oidc
        at = provider.discover(conf.issuer)
        return provider.claims_of(token or "", at, conf.client_id, kwargs.get("nonce") or "")

    def get_or_create_user(self, access_token: str, id_token: str, payload: dict[str, Any]) -> User:
        """Whose claims these are. Raises LoginRefused."""
        claims = dict(payload)
        if self.OIDC_OP_USER_ENDPOINT:
            more = self.get_userinfo(access_token, id_token, payload)
            if more.get("sub") != payload["sub"]:  # Core 1.0, 5.3.2
                raise provider.untrusted("the provider's user info is of somebody else")
            claims = {**more, **payload}
        return admit(claims, settings.VIGIE.oidc, timezone.now())

    def get_user(self, user_id: int) -> User | None:
        """Nobody: sessions are of Django's own backend, which knows who is disabled."""
        return None


def admit(claims: dict[str, Any], conf: Oidc, now: datetime) -> User:
    """The user of these claims, made at his first login, with the role they give him now.

    Raises LoginRefused. Who is known and has no role any more loses his sessions and tokens too.
    """
    identity = (
        Identity.objects.select_related("user")
        .filter(issuer=conf.issuer, subject=str(claims["sub"])[:255])
        .first()
    )
    role = role_for(claims.get(conf.roles_claim), conf)
    if role is None:
        if identity is not None:
            _take_all(identity.user, conf, now)
        raise LoginRefused(Refusal.NO_ROLE, f"no group of {_name(claims, conf)!r} has a role")
    _require_domain(claims, conf)
    if identity is None:
        return _new(claims, role, conf, now)
    if not identity.user.is_active:
        raise LoginRefused(Refusal.DISABLED, f"user {identity.user.username!r} is disabled")
    Identity.objects.filter(pk=identity.pk).update(seen_at=now)
    _follow(identity.user, role, conf)
    return identity.user


def role_for(said: object, conf: Oidc) -> Role | None:
    """The highest role of a claim, which is a list of texts or one text.

    >>> conf = Oidc(viewers=("agents",), administrators=("dsi",))
    >>> role_for(["agents", "dsi"], conf), role_for("agents", conf), role_for(["choir"], conf)
    (<Role.ADMINISTRATOR: 'administrator'>, <Role.VIEWER: 'viewer'>, None)
    """
    held = {said} if isinstance(said, str) else set(_texts(said))
    for role, names in (
        (Role.ADMINISTRATOR, conf.administrators),
        (Role.TECHNICIAN, conf.technicians),
        (Role.VIEWER, conf.viewers),
    ):
        if held.intersection(names):
            return role
    return None


def _texts(said: object) -> Iterable[str]:
    return (one for one in said if isinstance(one, str)) if isinstance(said, list) else ()


def _require_domain(claims: dict[str, Any], conf: Oidc) -> None:
    if not conf.domains:
        return
    address = str(claims.get("email", ""))
    domain = address.rpartition("@")[2].lower()
    if claims.get("email_verified") is not True or domain not in conf.domains:
        raise LoginRefused(
            Refusal.DOMAIN, f"{address[:150]!r} is not a verified address of {conf.domains}"
        )


def _name(claims: dict[str, Any], conf: Oidc) -> str:
    return str(claims.get(conf.name_claim) or "")


@transaction.atomic
def _new(claims: dict[str, Any], role: Role, conf: Oidc, now: datetime) -> User:
    name = _name(claims, conf)
    user = User(username=name, email=str(claims.get("email") or "")[:254])
    user.set_unusable_password()
    try:
        user.clean_fields(exclude=("email",))
    except ValidationError as err:
        raise LoginRefused(
            Refusal.NO_NAME, f"claim {conf.name_claim} is {name[:150]!r}: {' '.join(err.messages)}"
        ) from err
    if User.objects.filter(username__iexact=name).exists():
        raise LoginRefused(Refusal.NAME_TAKEN, f"user {name!r} is another one: rename one of them")
    user.save()
    user.groups.set([group_of(role)])
    Identity.objects.create(
        user=user, issuer=conf.issuer, subject=str(claims["sub"])[:255], seen_at=now
    )
    record(action="user.create", subject=name, actor=_provider(conf), details={"role": str(role)})
    return user


@transaction.atomic
def _follow(user: User, role: Role, conf: Oidc) -> None:
    before = role_of(user)
    if before is role:
        return
    user.groups.set([group_of(role)])
    _note_role(user, before, str(role), conf)


@transaction.atomic
def _take_all(user: User, conf: Oidc, now: datetime) -> None:
    before = role_of(user)
    user.groups.clear()
    user.api_tokens.filter(revoked_at=None).update(revoked_at=now)
    sessions.end_all(user)
    if before is not None:
        _note_role(user, before, "", conf)


def _note_role(user: User, before: Role | None, after: str, conf: Oidc) -> None:
    record(
        action="user.role",
        subject=user.username,
        actor=_provider(conf),
        details={"before": str(before or ""), "after": after},
    )


def _provider(conf: Oidc) -> str:
    return f"oidc:{urlsplit(conf.issuer).hostname}"
