"""Headers that keep pages to themselves, and the answer to who is not logged in."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


def policy(issuer: str) -> str:
    """The Content-Security-Policy: nothing inline, nothing from elsewhere.

    A form may lead to the OpenID provider alone, where a logout goes on: Chromium checks the places
    that a form is redirected to.
    """
    parts = urlsplit(issuer)
    forms = f"'self' {parts.scheme}://{parts.netloc}" if issuer else "'self'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self'; form-action {forms}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


_HEADERS = {
    "Content-Security-Policy": policy(settings.VIGIE.oidc.issuer),
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders(MiddlewareMixin):
    """What keeps a page to itself, on every answer. Django's own middleware says the rest."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class LoginRequired(LoginRequiredMiddleware):
    """Django's, but part of a page is not answered with the login page: all of it reloads."""

    def handle_no_permission(  # type: ignore[override] # the stubs know of redirects alone
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if "HX-Request" in request.headers:
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if "text/event-stream" in request.headers.get("Accept", ""):
            return HttpResponse(status=401)
        return super().handle_no_permission(request, view_func)
