"""Between the password and the code: somebody who is not logged in yet."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.http import HttpRequest

_KEY = "login.pending"
#: The password is asked for again when the code is not typed within this.
LIFETIME = timedelta(minutes=5)


def start(request: HttpRequest, user: User, next_page: str, now: datetime) -> None:
    """Remember in the session whose password was right, and where he was going."""
    request.session.cycle_key()
    request.session[_KEY] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "at": now.timestamp(),
        "next": next_page,
    }


def user_of(request: HttpRequest, now: datetime) -> User | None:
    """Whose password was right, a short while ago; None when it was changed since, or too long."""
    kept = request.session.get(_KEY)
    if kept is None or now.timestamp() - kept["at"] > LIFETIME.total_seconds():
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept["password"]:
        return None
    return user


def end(request: HttpRequest) -> str:
    """Forget it; where he was going."""
    kept = request.session.pop(_KEY, {})
    return str(kept.get("next", ""))
