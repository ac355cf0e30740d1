"""Errors said in one shape, `{"error": ...}`, whatever went wrong."""

from functools import partial
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from contract.errors import CommandError
from controller.errors import EnrolmentError, NotFound, NotPermitted, Refused

#: What any call may answer beside what it is for, and what one that changes things may.
ASKED = frozenset({400, 401, 403, 404, 422, 429, 503})
TOLD = ASKED | {409, 412, 413}


def file_of(*kinds: str) -> dict[str, Any]:
    """How an answer that is a file is described, by its media types."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"200": {"description": "the file", "content": dict.fromkeys(kinds, schema)}}


class Outdated(Refused):
    """It has been changed since the caller read it."""


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (CommandError, 422),
    (NotPermitted, 403),
    (Outdated, 412),
    (Refused, 409),
    (EnrolmentError, 409),
    (NotFound, 404),
)


def add_to(api: NinjaAPI) -> None:
    """Have the API answer so."""
    for error, status in _STATUS:
        api.add_exception_handler(error, partial(_say, api, status))
    for error, status, text in (
        (Http404, 404, gettext_noop("there is no such thing")),
        (RequestDataTooBig, 413, gettext_noop("this is too large: send less at once")),
        (OperationalError, 503, gettext_noop("the database does not answer: try again")),
    ):
        api.add_exception_handler(error, partial(_say_that, api, status, text))
    api.add_exception_handler(HttpError, partial(_say_http, api))
    api.add_exception_handler(Throttled, partial(_say_wait, api))
    api.add_exception_handler(AuthenticationError, partial(_say_login, api))
    api.add_exception_handler(ValidationError, partial(_say_invalid, api))


def no_such_call(api: NinjaAPI, request: HttpRequest, *_: str) -> HttpResponse:
    """The answer where nothing is mounted."""
    text = gettext("there is no call %(path)s: see /api/openapi.json")
    return _say(api, 404, request, text % {"path": request.path[:200]})


def not_that_way(api: NinjaAPI, request: HttpRequest, allowed: str) -> HttpResponse:
    """The answer to a method that a call does not have."""
    text = gettext("%(method)s is not for this address: it takes %(allowed)s")
    response = _say(api, 405, request, text % {"method": request.method, "allowed": allowed})
    response.headers["Allow"] = allowed
    return response


def nul(api: NinjaAPI, request: HttpRequest) -> HttpResponse:
    """The answer to a text with a NUL in it."""
    return _say(api, 422, request, gettext("a text has a NUL character in it: leave it out"))


def _say(api: NinjaAPI, status: int, request: HttpRequest, error: Any) -> HttpResponse:
    return api.create_response(request, {"error": str(error)}, status=status)


def _say_that(api: NinjaAPI, status: int, text: str, request: HttpRequest, _: Any) -> HttpResponse:
    return _say(api, status, request, gettext(text))


def _say_http(api: NinjaAPI, request: HttpRequest, error: HttpError) -> HttpResponse:
    return _say(api, error.status_code, request, error)


def _say_wait(api: NinjaAPI, request: HttpRequest, error: Throttled) -> HttpResponse:
    wait = max(1, int(error.wait or 1))
    text = gettext("too many calls: wait %(seconds)d s") % {"seconds": wait}
    response = _say(api, 429, request, text)
    response.headers["Retry-After"] = str(wait)
    return response


def _say_login(api: NinjaAPI, request: HttpRequest, _: Any) -> HttpResponse:
    text = gettext("log in, or send a token of `vigie user token` as `Authorization: Bearer ...`")
    response = _say(api, 401, request, text)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _say_invalid(api: NinjaAPI, request: HttpRequest, error: ValidationError) -> HttpResponse:
    """`expires_in_s: Input should be a valid integer; ...`"""
    places = (
        (".".join(str(part) for part in item["loc"][-1:]), str(item["msg"]))
        for item in error.errors
    )
    return _say(api, 422, request, "; ".join(f"{place}: {message}" for place, message in places))
