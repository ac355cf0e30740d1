"""Who calls: a script by its token, or a page by the session of the person before it."""

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer

from controller.accounts import tokens
from controller.errors import NotPermitted


class Token(HttpBearer):
    """`Authorization: Bearer vigie_...`, made by `vigie user token`. Needs no CSRF token."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Whose token it is."""
        return tokens.user_of(token, timezone.now())


class Session(APIKeyCookie):
    """The pages' own session; a write must carry the CSRF token, as a page's form does."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        """Nobody logged in is 401, whatever the CSRF token."""
        if not request.user.is_authenticated:
            return None
        found: User | None = super().__call__(request)
        return found

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Who is logged in."""
        return request.user if isinstance(request.user, User) else None


def caller(request: HttpRequest) -> User:
    """Who was let in by one of the above."""
    user = getattr(request, "auth", None)
    if not isinstance(user, User):
        raise NotPermitted("this call needs a login")
    return user


def require(request: HttpRequest, permission: str, deed: str) -> None:
    """Raises NotPermitted unless the caller has the permission to do the `deed`."""
    user = caller(request)
    if not user.has_perm(permission):
        raise NotPermitted(f"{user.get_username()} may not {deed}: ask an administrator")
