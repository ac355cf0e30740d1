"""What calls about users, their tokens and the audit take and give."""

from datetime import datetime
from typing import Any

from ninja import Field, Schema
from pydantic import ConfigDict

from controller.accounts import selectors
from controller.accounts.roles import Role, role_of
from controller.accounts.scopes import Scope

NAME = r"^[^\x00-\x1f/]+$"
DAY_S = 86_400


class MeItem(Schema):
    """Who calls. `permissions` are the user's, `scopes` the token's: both are asked for."""

    name: str
    role: Role | None
    scopes: list[Scope]
    permissions: list[str]


class UserItem(Schema):
    """A user. `role` is null for one who may only read."""

    name: str = Field(alias="username")
    role: Role | None
    is_active: bool
    has_second_factor: bool
    is_from_provider: bool
    last_login: datetime | None

    @staticmethod
    def resolve_role(user: Any) -> Role | None:
        """From the groups."""
        return role_of(user)

    @staticmethod
    def resolve_has_second_factor(user: Any) -> bool:
        """Whether it is confirmed."""
        return selectors.has_second_factor(user)

    @staticmethod
    def resolve_is_from_provider(user: Any) -> bool:
        """Whether he logs in by OpenID Connect."""
        return selectors.is_from_provider(user)


class UserPage(Schema):
    """Some users, by name."""

    count: int
    items: list[UserItem]


class NewUser(Schema):
    """A user to make; his password is made too, and shown once."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=150, pattern=NAME)
    role: Role


class UserChange(Schema):
    """What is to be changed of a user; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    is_active: bool | None = None


class UserSecret(Schema):
    """A password, shown once."""

    name: str
    role: Role | None
    password: str


class LinkItem(Schema):
    """A page of this controller, by its path."""

    path: str


class EndedItem(Schema):
    """How many sessions ended."""

    ended: int


class TokenItem(Schema):
    """An API token, without its secret, which nobody has."""

    id: int
    label: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenPage(Schema):
    """Some of a user's tokens, the latest first."""

    count: int
    items: list[TokenItem]


class NewToken(Schema):
    """A token to make. It covers `read` and what else is named, and no more than who asks."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(default_factory=lambda: [Scope.READ], max_length=len(Scope))
    valid_for_s: int = Field(90 * DAY_S, ge=60, le=366 * DAY_S)


class TokenSecret(Schema):
    """A token's secret, shown once."""

    token: str


class AuditItem(Schema):
    """One thing that somebody did."""

    at: datetime
    actor: str
    action: str
    subject: str
    why: str
    address: str
    details: dict[str, Any]


class AuditPage(Schema):
    """Some of the audit, the latest first."""

    count: int
    items: list[AuditItem]
