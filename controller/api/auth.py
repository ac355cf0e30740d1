"""Who calls: a script by its token, or a page by the session of the person before it.

Each call says what it needs (`needs`): a scope of the token and a permission of its user. Both are
asked for before anything else of the call is looked at.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from ninja.errors import Throttled
from ninja.security import APIKeyCookie, HttpBearer

from controller.accounts import throttle, tokens
from controller.accounts.scopes import ALL, Scope
from controller.api.limits import Limits
from controller.errors import NotPermitted


@dataclass(frozen=True, slots=True)
class Right:
    """What a call needs. `commands.run_*` stands for any permission that begins so."""

    scope: Scope
    permission: str = ""

    def require(self, caller: "Caller") -> None:
        """Raises NotPermitted unless the caller has it."""
        if self.scope not in caller.scopes:
            text = gettext("this token does not cover %(scope)s: make one with `--scope %(scope)s`")
            raise NotPermitted(text % {"scope": self.scope})
        if self.permission and not _has(caller.user, self.permission):
            text = gettext("%(user)s may not do this (%(permission)s): ask an administrator")
            name = caller.user.get_username()
            raise NotPermitted(text % {"user": name, "permission": self.permission})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was let in, and for what."""

    user: User
    scopes: frozenset[Scope]
    address: str
    key: str  # by which calls are counted

    @property
    def name(self) -> str:
        """As the audit has it."""
        return self.user.get_username()


READ = Right(Scope.READ)


class Token(HttpBearer):
    """`Authorization: Bearer vigie_...`, made by `vigie user token`. Needs no CSRF token."""

    def __init__(self, right: Right = READ) -> None:
        super().__init__()
        self._right = right

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """Whose token it is."""
        now = timezone.now()
        found = tokens.token_of(token, now)
        if found is None:
            if wait := throttle.token_failed(address_of(request), now):
                raise Throttled(int(wait.total_seconds()) + 1)
            return None
        scopes = tokens.scopes_of(found)
        return _let_in(request, found.user, scopes, f"token:{found.pk}", self._right)


class Session(APIKeyCookie):
    """The pages' own session; a write must carry the CSRF token, as a page's form does."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, right: Right = READ) -> None:
        super().__init__()
        self._right = right

    def __call__(self, request: HttpRequest) -> Caller | None:
        """Nobody logged in is 401, whatever the CSRF token."""
        if not request.user.is_authenticated:
            _count(request, f"address:{throttle.network_of(address_of(request))}")
            return None
        found: Caller | None = super().__call__(request)
        return found

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        """Who is logged in."""
        user = request.user
        if not isinstance(user, User):
            return None
        return _let_in(request, user, ALL, f"user:{user.pk}", self._right)


def needs(scope: Scope, permission: str = "", **described: Any) -> dict[str, Any]:
    """For a call's decorator: what it takes, checked at its door and told in its description.

    `described` goes into that description as it is.
    """
    right = Right(scope, permission)
    return {
        "auth": [Token(right), Session(right)],
        "openapi_extra": {"x-scope": str(scope), "x-permission": permission, **described},
    }


def caller(request: HttpRequest) -> Caller:
    """Who was let in by one of the above."""
    found = getattr(request, "auth", None)
    if not isinstance(found, Caller):
        raise NotPermitted(gettext("this call needs a login"))
    return found


def by(request: HttpRequest) -> dict[str, Any]:
    """The caller, as services that name a user take him."""
    found = caller(request)
    return {"user": found.user, "address": found.address}


def address_of(request: HttpRequest) -> str:
    """Where the call comes from, as far as the server says."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _let_in(
    request: HttpRequest, user: User, scopes: frozenset[Scope], key: str, right: Right
) -> Caller:
    _count(request, key)
    found = Caller(user, scopes, address_of(request), key)
    right.require(found)
    return found


def _count(request: HttpRequest, key: str) -> None:
    limits = getattr(request, "limits", None)  # given to each request by controller.api.urls
    if isinstance(limits, Limits) and (wait := limits.take(key, time.monotonic())):
        raise Throttled(int(wait) + 1)


def _has(user: User, permission: str) -> bool:
    if permission.endswith("*"):
        held = user.get_all_permissions()
        return any(name.startswith(permission[:-1]) for name in held)
    return user.has_perm(permission)
