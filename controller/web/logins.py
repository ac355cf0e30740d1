"""The way in and out: password, code, the first code, and goodbye."""

from datetime import datetime

import segno
from django.conf import settings
from django.contrib.auth import login as log_in
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from controller.accounts import logins, pending, second_factor, sessions
from controller.accounts.audit import record
from controller.web import oidc
from controller.web.login_forms import CodeForm, FirstCodeForm, LoginForm

_BACKEND = "django.contrib.auth.backends.ModelBackend"


class Login(LoginView):
    """Name and password; who has a second factor, or must have one, is not yet in."""

    template_name = "accounts/login.html"
    form_class = LoginForm
    redirect_authenticated_user = True
    extra_context = {"provider": oidc.title, "has_local_logins": oidc.has_local_logins}  # noqa: RUF012

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Refused where only the OpenID provider lets in."""
        if not oidc.has_local_logins():
            return HttpResponse(status=403)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """The password is right: log in, or ask for what is missing."""
        user = form.get_user()
        if second_factor.is_on(user):
            step = "login-code"
        elif second_factor.is_required(user, settings.VIGIE.login.second_factor):
            step = "login-set-up"
        else:
            return super().form_valid(form)
        pending.start(self.request, user, self.get_success_url(), timezone.now())
        return redirect(step)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@login_not_required
def code(request: HttpRequest) -> HttpResponse:
    """The second step of who has a second factor."""
    user = pending.user_of(request, timezone.now())
    if user is None:
        return redirect("login")
    form = CodeForm(request, user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(_let_in(request, user))
    return render(request, "accounts/code.html", {"form": form, "name": user.username})


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@login_not_required
def set_up(request: HttpRequest) -> HttpResponse:
    """The second step of who must have a second factor and has none yet."""
    now = timezone.now()
    user = pending.user_of(request, now)
    if user is None or second_factor.is_on(user):
        return redirect("login")
    form = FirstCodeForm(request, user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        page = _let_in(request, user)
        return render(request, "accounts/codes.html", {"codes": form.codes, "next": page})
    context = proposal(request, user, now)
    return render(request, "accounts/set_up.html", {**context, "form": form, "is_required": True})


class NewPassword(PasswordResetConfirmView):
    """Where the link of an administrator leads: a new password, then the login."""

    template_name = "accounts/new_password.html"
    success_url = "/login"

    def form_valid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        """Whoever has the link has chosen: the audit says from where."""
        response = super().form_valid(form)
        user = form.user
        record(
            action="user.password",
            subject=user.username,
            user=user,
            address=logins.address_of(self.request),
        )
        return response


class Logout(LogoutView):
    """Goodbye, also at the OpenID provider where it was the way in."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """End the session; then, where there is one, the provider's."""
        elsewhere = oidc.logout_address(request)
        response = super().post(request, *args, **kwargs)
        return redirect(elsewhere) if elsewhere else response


def proposal(request: HttpRequest, user: User, now: datetime) -> dict[str, object]:
    """The secret to be scanned, as a picture and as letters."""
    key = second_factor.propose(user, now)
    address = second_factor.address(user, key, request.get_host())
    groups = [key[at : at + 4] for at in range(0, len(key), 4)]
    return {"picture": _picture(address), "key": " ".join(groups)}


def _picture(text: str) -> SafeString:
    """An SVG of a QR code without any style, as the Content-Security-Policy wants it."""
    picture = segno.make(text, error="m", micro=False)
    return mark_safe(  # noqa: S308 - of numbers alone: the text is only in the picture
        picture.svg_inline(dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr")
    )


def _let_in(request: HttpRequest, user: User) -> str:
    """Log in who typed the right code; where he was going."""
    page = pending.end(request)
    sessions.prove(request, sessions.Way.SECOND_FACTOR)
    log_in(request, user, backend=_BACKEND)
    return page
