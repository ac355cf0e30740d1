"""The users, for who may change them: add, role, shut out, reset."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from controller.accounts import logins, second_factor, selectors, services, sessions
from controller.accounts.roles import Role, role_of
from controller.errors import NotFound, Refused
from controller.web.account_forms import NewUserForm, RoleForm
from controller.web.browsers import browser

_MAY = "auth.change_user"
View = Callable[..., HttpResponse]


@never_cache
@require_GET
@permission_required(_MAY, raise_exception=True)
def users(request: HttpRequest) -> HttpResponse:
    """Everybody, with role, ways in and last login."""
    rows = [
        {
            "user": user,
            "role": role_of(user) or "",
            "has_factor": selectors.has_second_factor(user),
            "is_from_provider": selectors.is_from_provider(user),
        }
        for user in selectors.users()
    ]
    return render(request, "accounts/users.html", {"rows": rows, "now": timezone.now()})


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(_MAY, raise_exception=True)
def add(request: HttpRequest) -> HttpResponse:
    """Somebody new, with a link at which he chooses his password."""
    form = NewUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, by, address = form.cleaned_data["name"], _by(request), logins.address_of(request)
        try:
            path = services.invite(
                name=name, role=Role(form.cleaned_data["role"]), by=by, address=address
            )
        except Refused as err:
            form.add_error("name", str(err))  # another one was quicker
        else:
            return _link(request, name, path)
    context = {"form": form, "roles": list(Role)}
    return render(request, "accounts/add.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@permission_required(_MAY, raise_exception=True)
def user(request: HttpRequest, name: str) -> HttpResponse:
    """One user."""
    return render(request, "accounts/user.html", _user(name))


@require_POST
@permission_required(_MAY, raise_exception=True)
def role(request: HttpRequest, name: str) -> HttpResponse:
    """Another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        return redirect("user", name)
    wanted = Role(form.cleaned_data["role"])
    return _do(request, name, _("The role is changed."), services.change_role, role=wanted)


@require_POST
@permission_required(_MAY, raise_exception=True)
def disable(request: HttpRequest, name: str) -> HttpResponse:
    """Shut somebody out."""
    done = _("%(name)s is shut out: sessions and tokens have ended.") % {"name": name}
    return _do(request, name, done, services.deactivate)


@require_POST
@permission_required(_MAY, raise_exception=True)
def enable(request: HttpRequest, name: str) -> HttpResponse:
    """Let somebody in again."""
    return _do(request, name, _("%(name)s may log in again.") % {"name": name}, services.activate)


@never_cache
@require_POST
@permission_required(_MAY, raise_exception=True)
def reset_password(request: HttpRequest, name: str) -> HttpResponse:
    """End the password and the sessions; the link to a new one is shown once."""
    try:
        path = services.reset_password(
            name=name, by=_by(request), address=logins.address_of(request)
        )
    except NotFound as err:
        raise Http404(str(err)) from err
    except Refused:
        words = _("Who is shut out, or logs in elsewhere, has no password to reset here.")
        return _refused(request, name, words)
    return _link(request, name, path)


@require_POST
@permission_required(_MAY, raise_exception=True)
def reset_second_factor(request: HttpRequest, name: str) -> HttpResponse:
    """Take the second factor of somebody who lost it away."""

    def reset(*, name: str, by: str, address: str) -> None:
        second_factor.reset(selectors.user(name), by=by, address=address)

    return _do(request, name, _("The second factor is reset."), reset)


@require_POST
@permission_required(_MAY, raise_exception=True)
def end_sessions(request: HttpRequest, name: str) -> HttpResponse:
    """Log somebody out everywhere."""
    return _do(request, name, _("All sessions have ended."), services.end_sessions)


def _do(
    request: HttpRequest, name: str, done: str, deed: Callable[..., object], **more: object
) -> HttpResponse:
    """Do it, and say so on the user's page. What is refused would leave no administrator."""
    try:
        deed(name=name, by=_by(request), address=logins.address_of(request), **more)
    except NotFound as err:
        raise Http404(str(err)) from err
    except Refused:
        words = _("This is the last administrator: make another one first.")
        return _refused(request, name, words)
    messages.success(request, done)
    return redirect("user", name)


def _refused(request: HttpRequest, name: str, words: str) -> HttpResponse:
    return render(request, "accounts/user.html", {**_user(name), "problem": words}, status=409)


def _link(request: HttpRequest, name: str, path: str) -> HttpResponse:
    context = {"name": name, "link": request.build_absolute_uri(path)}
    return render(request, "accounts/link.html", context)


def _by(request: HttpRequest) -> str:
    return cast(User, request.user).username  # the permission asks for a login


def _user(name: str) -> dict[str, Any]:
    now = timezone.now()
    try:
        found = selectors.user(name)
    except NotFound as err:
        raise Http404(str(err)) from err
    return {
        "now": now,
        "found": found,
        # Not `role`, which the head of every page uses for whom it is shown to.
        "their_role": role_of(found) or "",
        "roles": list(Role),
        "has_factor": selectors.has_second_factor(found),
        "is_from_provider": selectors.is_from_provider(found),
        "sessions": [(entry, browser(entry.browser)) for entry in sessions.of_user(found, now)],
        "tokens": selectors.tokens(found).filter(revoked_at=None, expires_at__gt=now),
        "problem": "",
    }
