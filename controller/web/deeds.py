"""Doing what a form asks for, and telling the person before it what came of it."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest

from controller.accounts.logins import address_of
from controller.errors import NotFound, Refused


def do(
    request: HttpRequest, act: Callable[..., object], *args: object, done: str, **given: str
) -> bool:
    """Call a service as whoever asks; whether it was done. `done` says so, a refusal says why not.

    Raises Http404 where there is no such thing.
    """
    who = {"user": cast(User, request.user), "address": address_of(request)}
    try:
        act(*args, **given, **who)
    except NotFound as err:
        raise Http404(str(err)) from err
    except Refused as err:
        messages.warning(request, str(err))
        return False
    messages.success(request, done)
    return True
