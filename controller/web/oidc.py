"""There and back: to the OpenID provider, from it, and a plain page for who is not let in."""

import logging
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import login as log_in
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)

from controller.accounts import logins, provider, sessions
from controller.accounts.audit import record
from controller.accounts.oidc import Refusal, setting
from controller.errors import LoginRefused

_log = logging.getLogger("vigie.web")
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_ID_TOKEN, _NEXT = "oidc_id_token", "oidc_login_next"

WORDS: dict[str, str | Promise] = {
    Refusal.NO_ROLE: _(
        "You are known, but no group of yours gives a role here. Ask an administrator of Vigie."
    ),
    Refusal.NAME_TAKEN: _(
        "Another user of Vigie has your name already. Ask an administrator of Vigie."
    ),
    Refusal.NO_NAME: _("Your account has no name that Vigie can use. Ask an administrator."),
    Refusal.DOMAIN: _("Your address is not one of those that are let in here."),
    Refusal.DISABLED: _("You are shut out of Vigie. Ask an administrator of Vigie."),
    Refusal.DECLINED: _("The login was given up, or refused, over there."),
    Refusal.UNTRUSTED: _(
        "What came back is not good: it is too old, was used before, or is not meant for here."
    ),
    Refusal.UNREACHABLE: _("The login service does not answer. Try again in a few minutes."),
}


def title() -> str:
    """What the login's button calls the provider; empty where there is none."""
    conf = settings.VIGIE.oidc
    return conf.title or urlsplit(conf.issuer).hostname or ""


def has_local_logins() -> bool:
    """Whether a name and a password are a way in."""
    conf = settings.VIGIE.oidc
    return conf.keeps_local_logins or not conf.issuer


class _View:
    """What both views share: no provider no page, and every refusal in words."""

    get_settings = staticmethod(setting)

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.VIGIE.oidc.issuer:
            raise Http404("no OpenID provider is set")
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except LoginRefused as err:
            return _refuse(request, err)
        except SuspiciousOperation as err:  # an unknown state: used before, or from elsewhere
            return _refuse(request, provider.untrusted(str(err)))
        return response


class Leave(_View, OIDCAuthenticationRequestView):  # type: ignore[misc] # it has no types
    """To the provider, with state, nonce and PKCE."""

    def __init__(self, **kwargs: Any) -> None:
        """Without the base's, which would ask the provider outside of `dispatch`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Raises LoginRefused when the provider cannot be asked."""
        self.OIDC_OP_AUTH_ENDPOINT = setting("OIDC_OP_AUTHORIZATION_ENDPOINT")
        self.OIDC_RP_CLIENT_ID = setting("OIDC_RP_CLIENT_ID")
        response: HttpResponse = super().get(request)
        return response


class Return(_View, OIDCAuthenticationCallbackView):  # type: ignore[misc] # it has no types
    """Back from the provider."""

    def login_failure(self) -> HttpResponse:
        """Raises LoginRefused: the provider said no, or there was no login under way."""
        if error := self.request.GET.get("error"):
            raise LoginRefused(Refusal.DECLINED, f"the provider said {error[:100]!r}")
        raise provider.untrusted("no login was under way in this browser")

    def login_success(self) -> HttpResponse:
        """Log in, with a new session key."""
        sessions.prove(self.request, sessions.Way.OIDC)
        log_in(self.request, self.user, backend=_BACKEND)
        page = self.request.session.pop(_NEXT, None)
        return redirect(page or settings.LOGIN_REDIRECT_URL)


def logout_address(request: HttpRequest) -> str:
    """Where to log out at the provider too, coming back to our login; empty where it offers none.

    Only at the issuer's own host: the Content-Security-Policy lets forms lead nowhere else.
    """
    token = request.session.get(_ID_TOKEN)
    issuer = settings.VIGIE.oidc.issuer
    if not token or not issuer:
        return ""
    try:
        address = provider.discover(issuer).end_session_endpoint
    except LoginRefused as err:
        _log.warning("no logout at the provider: %s", err)
        return ""
    if not address or urlsplit(address).netloc != urlsplit(issuer).netloc:
        return ""
    query = {
        "id_token_hint": token,
        "client_id": settings.VIGIE.oidc.client_id,
        "post_logout_redirect_uri": request.build_absolute_uri("/login"),
    }
    return f"{address}?{urlencode(query)}"


def _refuse(request: HttpRequest, error: LoginRefused) -> HttpResponse:
    _log.warning("login refused: %s", error)
    record(
        action="login.refused",
        subject=title(),
        actor="anonymous",
        address=logins.address_of(request),
        details={"reason": error.reason, "said": str(error)},
    )
    context = {"words": WORDS[error.reason], "provider": title()}
    status = 502 if error.reason == Refusal.UNREACHABLE else 403
    return render(request, "accounts/refused.html", context, status=status)


leave = login_not_required(Leave.as_view())
come_back = login_not_required(Return.as_view())
