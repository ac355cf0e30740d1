"""The API as a whole: `api.urls` is mounted at /api/, its description is /api/openapi.json."""

from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from contract import RELEASE
from contract.errors import CommandError
from controller.api import fleet, orders
from controller.api.auth import Session, Token
from controller.errors import NotFound, NotPermitted, Refused


class Api(NinjaAPI):
    """Answers 401 itself where a page would show the login."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """As NinjaAPI's, kept from LoginRequiredMiddleware: every call is authenticated here."""
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = login_not_required(pattern.callback)
        return patterns, app, namespace


def build() -> Api:
    """The API with its calls and its errors."""
    api = Api(
        title="Vigie",
        version=RELEASE,
        description="The fleet of video-counter kiosks, and orders to them.",
        docs_url=None,  # its page loads scripts that the Content-Security-Policy forbids
        auth=[Token(), Session()],
        urls_namespace="api",
    )
    api.add_router("", fleet.router)
    api.add_router("", orders.router)
    for error, status in (
        (CommandError, 422),
        (NotPermitted, 403),
        (Refused, 409),
        (NotFound, 404),
    ):
        api.add_exception_handler(error, partial(_say, api, status))
    api.add_exception_handler(Http404, partial(_say_that, api, 404, "there is no such thing"))
    api.add_exception_handler(
        OperationalError, partial(_say_that, api, 503, "the database does not answer: try again")
    )
    api.add_exception_handler(HttpError, partial(_say_http, api))
    api.add_exception_handler(AuthenticationError, partial(_say_login, api))
    api.add_exception_handler(ValidationError, partial(_say_invalid, api))
    return api


def _say(api: Api, status: int, request: HttpRequest, error: Any) -> HttpResponse:
    return api.create_response(request, {"error": str(error)}, status=status)


def _say_that(api: Api, status: int, text: str, request: HttpRequest, _: Any) -> HttpResponse:
    return api.create_response(request, {"error": text}, status=status)


def _say_http(api: Api, request: HttpRequest, error: HttpError) -> HttpResponse:
    return _say(api, error.status_code, request, error)


def _say_login(api: Api, request: HttpRequest, _: Any) -> HttpResponse:
    text = "log in, or send a token of `vigie user token` as `Authorization: Bearer ...`"
    response = api.create_response(request, {"error": text}, status=401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _say_invalid(api: Api, request: HttpRequest, error: ValidationError) -> HttpResponse:
    """`expires_in_s: Input should be a valid integer; ...`"""
    places = (
        (".".join(str(part) for part in item["loc"][-1:]), str(item["msg"]))
        for item in error.errors
    )
    text = "; ".join(f"{place}: {message}" for place, message in places)
    return api.create_response(request, {"error": text}, status=422)


api = build()
