"""My account: password, second factor, where I am logged in, my API tokens."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from controller.accounts import logins, second_factor, selectors, services, sessions, tokens
from controller.errors import NotFound, Refused
from controller.web.account_forms import PasswordForm
from controller.web.browsers import browser
from controller.web.login_forms import FirstCodeForm, PasswordAgainForm
from controller.web.logins import proposal
from controller.web.token_forms import TokenForm

#: Apart from those of the page's other forms.
FORM_IDS = "token_%s"


@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """All of it."""
    return render(request, "accounts/account.html", _account(request))


@never_cache
@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """A new password; my other sessions end."""
    user = _me(request)
    form = PasswordForm(request, user, request.POST)
    if form.is_valid():
        changed = services.set_password(
            name=user.username,
            password=form.cleaned_data["new"],
            by=user.username,
            address=logins.address_of(request),
            but_session=request.session.session_key,
        )
        sessions.renew(request, changed)
        messages.success(request, _("Your password is changed. Your other sessions have ended."))
        return redirect("account")
    context = {**_account(request), "password_form": form}
    return render(request, "accounts/account.html", context, status=422)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Scan, type the first code, note the recovery codes."""
    user, now = _me(request), timezone.now()
    if second_factor.is_on(user) or selectors.is_from_provider(user):
        return redirect("account")
    form = FirstCodeForm(request, user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        sessions.end_all(user, but=request.session.session_key)
        sessions.renew(request, user, sessions.Way.SECOND_FACTOR)
        return render(request, "accounts/codes.html", {"codes": form.codes, "next": "/account"})
    context = {**proposal(request, user, now), "form": form}
    return render(request, "accounts/set_up.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_POST
def new_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes in place of the old ones."""
    user = _me(request)
    form = PasswordAgainForm(request, user, request.POST)
    if form.is_valid() and second_factor.is_on(user):
        codes = second_factor.renew_codes(user, address=logins.address_of(request))
        return render(request, "accounts/codes.html", {"codes": codes, "next": "/account"})
    context = {**_account(request), "factor_form": form}
    return render(request, "accounts/account.html", context, status=422)


@never_cache
@sensitive_post_parameters()
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take the second factor away, to set it up anew in another app."""
    user = _me(request)
    form = PasswordAgainForm(request, user, request.POST)
    if form.is_valid() and second_factor.is_on(user):
        second_factor.reset(user, by=user.username, address=logins.address_of(request))
        messages.success(request, _("Your second factor is removed."))
        policy = settings.VIGIE.login.second_factor
        is_required = second_factor.is_required(user, policy)
        return redirect("account-set-up" if is_required else "account")
    context = {**_account(request), "factor_form": form}
    return render(request, "accounts/account.html", context, status=422)


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Log out somewhere else."""
    user = _me(request)
    try:
        sessions.end(
            user=user,
            session_id=session_id,
            by=user.username,
            address=logins.address_of(request),
        )
    except NotFound as err:
        raise Http404(str(err)) from err
    messages.success(request, _("This session has ended."))
    return redirect("account")


@never_cache
@sensitive_post_parameters("password")
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """An API token of mine, shown once."""
    user = _me(request)
    form = TokenForm(request, user, request.POST, auto_id=FORM_IDS)
    if form.is_valid():
        label = form.cleaned_data["label"]
        try:
            secret = tokens.make_token(
                user=user,
                label=label,
                lifetime=form.cleaned_data["lifetime"],
                scopes=form.cleaned_data["scopes"],
                by=user.username,
                address=logins.address_of(request),
            )
        except Refused as err:
            form.add_error(None, str(err))
        else:
            return render(request, "accounts/token.html", {"label": label, "secret": secret})
    context = {**_account(request), "token_form": form}
    return render(request, "accounts/account.html", context, status=422)


@require_POST
def revoke_token(request: HttpRequest) -> HttpResponse:
    """End my API tokens of a label."""
    user, label = _me(request), request.POST.get("label", "")
    address = logins.address_of(request)
    try:
        tokens.revoke_token(user=user, label=label, by=user.username, address=address)
    except (NotFound, Refused) as err:
        raise Http404(str(err)) from err
    messages.success(request, _("The token “%(label)s” is revoked.") % {"label": label})
    return redirect("account")


def _me(request: HttpRequest) -> User:
    return selectors.user(cast(User, request.user).username)  # every page here asks for a login


def _account(request: HttpRequest) -> dict[str, Any]:
    user, now = _me(request), timezone.now()
    return {
        "now": now,
        "me": user,
        "is_from_provider": selectors.is_from_provider(user),
        "factor": selectors.has_second_factor(user),
        "is_required": second_factor.is_required(user, settings.VIGIE.login.second_factor),
        "codes_left": second_factor.recovery_codes_left(user),
        "sessions": [
            (entry, browser(entry.browser), entry.session_key == request.session.session_key)
            for entry in sessions.of_user(user, now)
        ],
        "tokens": selectors.tokens(user).filter(revoked_at=None, expires_at__gt=now),
        "password_form": None,
        "factor_form": None,
        "token_form": TokenForm(request, user, auto_id=FORM_IDS),
    }
