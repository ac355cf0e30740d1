"""Who is logged in where: each login's session, how it came to be, and when it is over.

Django keeps what a session holds; here stands whose it is, so that it can be shown and ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import import_module

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from controller.accounts.audit import record
from controller.accounts.models import LoginSession
from controller.errors import NotFound
from controller.text import printable

_BEGAN, _SEEN, _WAY = "login.began", "login.seen", "login.way"
#: A page every second must not cost a write every second.
_NOTED_EVERY = timedelta(minutes=1)


class Way(StrEnum):
    """How somebody proved to be who he is."""

    PASSWORD = "password"  # noqa: S105 - a word, no secret
    SECOND_FACTOR = "second-factor"  # a password and a code
    OIDC = "oidc"  # by the OpenID provider, which asks for as many factors as it likes


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts unused, and at most."""

    idle: timedelta
    whole: timedelta


def limits() -> Limits:
    """As vigie.toml has them."""
    login = settings.VIGIE.login
    return Limits(timedelta(minutes=login.idle_minutes), timedelta(hours=login.session_hours))


def is_over(began: datetime, seen: datetime, now: datetime, limits: Limits) -> bool:
    """Whether a session that began and was last used then is over.

    >>> day = datetime(2026, 11, 24, tzinfo=UTC)
    >>> hours = [day + timedelta(hours=hour) for hour in range(24)]
    >>> short = Limits(idle=timedelta(hours=2), whole=timedelta(hours=12))
    >>> is_over(hours[8], hours[11], hours[12], short)
    False
    >>> is_over(hours[8], hours[9], hours[12], short)
    True
    >>> is_over(hours[8], hours[20], hours[20], short)
    True
    """
    return now - seen >= limits.idle or now - began >= limits.whole


def prove(request: HttpRequest, way: Way) -> None:
    """Say how the login that follows was proven."""
    request.vigie_way = way  # type: ignore[attr-defined] # ours, for `begin`


def way_of(request: HttpRequest) -> Way:
    """How this session was proven."""
    way = request.session.get(_WAY, "")
    return Way(way) if way in tuple(Way) else Way.PASSWORD


def begin(request: HttpRequest, user: User, address: str, now: datetime) -> Way:
    """Note a login and how it was proven. Its session has just been given a new key."""
    session, way = request.session, getattr(request, "vigie_way", Way.PASSWORD)
    session[_BEGAN] = session[_SEEN] = now.timestamp()
    session[_WAY] = str(way)
    LoginSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user": user,
            "began_at": now,
            "seen_at": now,
            "address": address[:45],
            "browser": printable(str(request.META.get("HTTP_USER_AGENT", "")))[:200],
            "way": str(way),
        },
    )
    return Way(way)


def goes_on(request: HttpRequest, now: datetime, *, is_used: bool) -> bool:
    """Whether a logged-in session goes on; `is_used` when a person asked, not a page by itself."""
    session = request.session
    began, seen = _moment(session.get(_BEGAN)), _moment(session.get(_SEEN))
    if began is None or seen is None or is_over(began, seen, now, limits()):
        return False
    if is_used and now - seen >= _NOTED_EVERY:
        session[_SEEN] = now.timestamp()
        LoginSession.objects.filter(session_key=session.session_key).update(seen_at=now)
    return True


def renew(request: HttpRequest, user: User, way: Way | None = None) -> None:
    """A new key for the session of who just changed his password, or proved more: `way`.

    It stays the same login; by Django's own check it would end with the old password.
    """
    before, known_as = request.session.session_key, way or way_of(request)
    update_session_auth_hash(request, user)
    request.session[_WAY] = str(known_as)
    LoginSession.objects.filter(session_key=before).update(
        session_key=request.session.session_key, way=str(known_as)
    )


def forget(request: HttpRequest) -> None:
    """This session ends by itself, as at logout."""
    LoginSession.objects.filter(session_key=request.session.session_key).delete()


def of_user(user: User, now: datetime) -> Sequence[LoginSession]:
    """Where a user is logged in, the last used first."""
    return [
        entry
        for entry in LoginSession.objects.filter(user=user)
        if not is_over(entry.began_at, entry.seen_at, now, limits())
    ]


@transaction.atomic
def end(*, user: User, session_id: int, by: str, address: str = "") -> None:
    """End one of a user's sessions. Raises NotFound."""
    found = LoginSession.objects.filter(user=user, pk=session_id).first()
    if found is None:
        raise NotFound(f"user {user.username!r} has no session {session_id}: it may have ended")
    _end([found])
    record(action="session.end", subject=user.username, actor=by, address=address)


def end_all(user: User, *, but: str | None = None) -> int:
    """End all of a user's sessions, except the one of the key `but`; how many."""
    mine = LoginSession.objects.filter(user=user).exclude(session_key=but or "")
    return _end(list(mine))


def clear(now: datetime) -> int:
    """Delete what is over; how many."""
    Session.objects.filter(expire_date__lt=now).delete()
    bounds = limits()
    old = LoginSession.objects.filter(began_at__lt=now - bounds.whole)
    idle = LoginSession.objects.filter(seen_at__lt=now - bounds.idle)
    return _end([*old, *idle])


def _end(which: Sequence[LoginSession]) -> int:
    keys = {entry.session_key for entry in which}
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store(session_key=key).delete()
    LoginSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def _moment(said: object) -> datetime | None:
    return datetime.fromtimestamp(said, UTC) if isinstance(said, float) else None
