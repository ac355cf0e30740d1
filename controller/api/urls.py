"""The API as a whole: `api.urls` is mounted at /api/, its description is /api/openapi.json."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, re_path
from django.views.decorators.http import conditional_page
from ninja import NinjaAPI, Router

from contract import RELEASE
from controller.api import (
    alerts,
    audit,
    batches,
    channels,
    compliance,
    configuration,
    enrolment,
    failures,
    fleet,
    orders,
    people,
    places,
    releases,
    rollouts,
    rules,
)
from controller.api.auth import Session, Token
from controller.api.limits import Limits, Rate
from controller.api.parsing import StrictParser

ROUTERS: tuple[Router, ...] = (
    fleet.router,
    places.router,
    orders.router,
    batches.router,
    alerts.router,
    rules.router,
    channels.router,
    configuration.router,
    releases.router,
    rollouts.router,
    compliance.router,
    people.router,
    enrolment.router,
    audit.router,
)


class Api(NinjaAPI):
    """Answers itself where a page would show the login, and counts who calls how often."""

    def __init__(self, limits: Limits, **known: Any) -> None:
        super().__init__(**known)
        self._limits = limits

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """As NinjaAPI's, kept from LoginRequiredMiddleware: every call is authenticated here."""
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = self._open(pattern.callback)
        nothing = login_not_required(partial(failures.no_such_call, self))
        return [*patterns, re_path(r"^(.*)$", nothing)], app, namespace

    def _open(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if _has_nul(request):
                return failures.nul(self, request)
            request.limits = self._limits  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            if response.status_code == 405:
                return failures.not_that_way(self, request, response.headers.get("Allow", ""))
            return response

        # An answer that has not changed is 304 and empty, to who sends its ETag back.
        return login_not_required(conditional_page(call))


def _has_nul(request: HttpRequest) -> bool:
    """No text of ours has one, and PostgreSQL takes none."""
    asked = request.path + unquote(request.META.get("QUERY_STRING", ""))
    said = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    return "\0" in asked or "\0" in said


def build(limits: Limits) -> Api:
    """The API with its calls and its errors."""
    made = Api(
        limits,
        title="Vigie",
        version=RELEASE,
        description="The fleet of video-counter kiosks, its alerts, and orders to it.",
        docs_url=None,  # its page loads scripts that the Content-Security-Policy forbids
        auth=[Token(), Session()],
        parser=StrictParser(),
        urls_namespace="api",
    )
    for router in ROUTERS:
        made.add_router("", router)
    failures.add_to(made)
    return made


_PER_MINUTE = settings.VIGIE.web.calls_per_minute
api = build(Limits(Rate(burst=_PER_MINUTE, per_minute=_PER_MINUTE)))
