"""Users and API tokens."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router, Status
from ninja.params.functions import Path

from controller.accounts import second_factor, selectors, services, tokens
from controller.accounts.roles import role_of
from controller.accounts.scopes import Scope
from controller.api.auth import Caller, caller, needs
from controller.api.failures import ASKED, TOLD
from controller.api.pages import Limit, Offset, page
from controller.api.people_shapes import (
    EndedItem,
    LinkItem,
    MeItem,
    NewToken,
    NewUser,
    TokenPage,
    TokenSecret,
    UserChange,
    UserItem,
    UserPage,
    UserSecret,
)
from controller.api.shapes import Failure
from controller.errors import NotPermitted

router = Router(tags=["people"])
SEE = needs(Scope.ADMIN, "auth.view_user")
CHANGE = needs(Scope.ADMIN, "auth.change_user")
Id = Path(ge=1, le=2**63 - 1)


@router.get("/me", response={200: MeItem, ASKED: Failure})
def me(request: HttpRequest) -> dict[str, Any]:
    """Who calls, and what he may do."""
    found = caller(request)
    return {
        "name": found.name,
        "role": role_of(found.user),
        "scopes": sorted(found.scopes),
        "permissions": sorted(found.user.get_all_permissions()),
    }


@router.get("/users", response={200: UserPage, ASKED: Failure}, **SEE)
def users(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> dict[str, Any]:
    """All users, by name."""
    return page(selectors.users(), limit, offset)


@router.get("/users/{name}", response={200: UserItem, ASKED: Failure}, **SEE)
def user(request: HttpRequest, name: str) -> User:
    """One user."""
    return selectors.user(name)


@router.post("/users", response={201: UserSecret, TOLD: Failure}, **CHANGE)
def add(request: HttpRequest, wish: NewUser) -> Status[dict[str, Any]]:
    """Make a user with a role. The password is in the answer, and nowhere else."""
    password = secrets.token_urlsafe(12)
    made = services.create_user(name=wish.name, password=password, role=wish.role, **_by(request))
    return Status(201, {"name": made.username, "role": wish.role, "password": password})


@router.patch("/users/{name}", response={200: UserItem, TOLD: Failure}, **CHANGE)
@transaction.atomic
def change(request: HttpRequest, name: str, wish: UserChange) -> User:
    """Give a user another role, shut him out or let him in again."""
    who = selectors.user(name).username
    if wish.role is not None:
        services.change_role(name=who, role=wish.role, **_by(request))
    if wish.is_active is True:
        services.activate(name=who, **_by(request))
    if wish.is_active is False:
        services.deactivate(name=who, **_by(request))
    return selectors.user(who)


@router.post("/users/{name}/password", response={200: UserSecret, TOLD: Failure}, **CHANGE)
def password(request: HttpRequest, name: str) -> dict[str, Any]:
    """Make a user a new password, which ends his sessions."""
    secret = secrets.token_urlsafe(12)
    found = services.set_password(name=name, password=secret, **_by(request))
    return {"name": found.username, "role": role_of(found), "password": secret}


@router.post("/users/{name}/password-link", response={200: LinkItem, TOLD: Failure}, **CHANGE)
def password_link(request: HttpRequest, name: str) -> dict[str, str]:
    """End a user's password and sessions; where he chooses a new one, once, within a day."""
    return {"path": services.reset_password(name=name, **_by(request))}


@router.delete("/users/{name}/second-factor", response={204: None, TOLD: Failure}, **CHANGE)
def reset_second_factor(request: HttpRequest, name: str) -> Status[None]:
    """For who lost telephone and recovery codes."""
    second_factor.reset(selectors.user(name), **_by(request))
    return Status(204, None)


@router.post("/users/{name}/sessions/end", response={200: EndedItem, TOLD: Failure}, **CHANGE)
def end_sessions(request: HttpRequest, name: str) -> dict[str, int]:
    """Log a user out everywhere. His tokens stay."""
    return {"ended": services.end_sessions(name=name, **_by(request))}


@router.get("/users/{name}/tokens", response={200: TokenPage, ASKED: Failure}, **SEE)
def tokens_of(
    request: HttpRequest, name: str, limit: int = Limit, offset: int = Offset
) -> dict[str, Any]:
    """A user's tokens, the latest first."""
    return page(selectors.tokens(selectors.user(name)), limit, offset)


@router.post("/users/{name}/tokens", response={201: TokenSecret, TOLD: Failure}, **CHANGE)
def add_token_for(request: HttpRequest, name: str, wish: NewToken) -> Status[dict[str, str]]:
    """Make a token with which to call as that user."""
    return _made(caller(request), selectors.user(name), wish)


@router.delete("/users/{name}/tokens/{token_id}", response={204: None, TOLD: Failure}, **CHANGE)
def end_token_of(request: HttpRequest, name: str, token_id: int = Id) -> Status[None]:
    """End one of a user's tokens."""
    tokens.end_token(user=selectors.user(name), token_id=token_id, **_by(request))
    return Status(204, None)


@router.get("/tokens", response={200: TokenPage, ASKED: Failure})
def my_tokens(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> dict[str, Any]:
    """One's own tokens, the latest first."""
    return page(selectors.tokens(caller(request).user), limit, offset)


@router.post("/tokens", response={201: TokenSecret, TOLD: Failure}, **needs(Scope.ADMIN))
def add_token(request: HttpRequest, wish: NewToken) -> Status[dict[str, str]]:
    """Make a token of one's own."""
    found = caller(request)
    return _made(found, found.user, wish)


@router.delete("/tokens/{token_id}", response={204: None, TOLD: Failure}, **needs(Scope.ADMIN))
def end_token(request: HttpRequest, token_id: int = Id) -> Status[None]:
    """End one of one's own tokens."""
    tokens.end_token(user=caller(request).user, token_id=token_id, **_by(request))
    return Status(204, None)


def _made(who: Caller, owner: User, wish: NewToken) -> Status[dict[str, str]]:
    if wider := set(wish.scopes) - who.scopes:
        text = gettext("this token does not cover %(scope)s: it can make none that does")
        raise NotPermitted(text % {"scope": ", ".join(sorted(wider))})
    secret = tokens.make_token(
        user=owner,
        label=wish.label,
        lifetime=timedelta(seconds=wish.valid_for_s),
        by=who.name,
        scopes=wish.scopes,
        address=who.address,
    )
    return Status(201, {"token": secret})


def _by(request: HttpRequest) -> dict[str, str]:
    found = caller(request)
    return {"by": found.name, "address": found.address}
