"""Ways to reach people, and the people: who is told by what."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from controller.accounts.logins import address_of
from controller.alerts import selectors as alerts
from controller.errors import NotFound, Refused
from controller.notify import selectors, services
from controller.notify.models import Channel, Contact
from controller.web import deeds
from controller.web.channel_forms import FORMS, ContactForm

MAY_EDIT = "notify.edit_channels"
RECENT = 30
View = Callable[..., HttpResponse]


@require_GET
def channels(request: HttpRequest) -> HttpResponse:
    """Ways and people, and what was sent of late."""
    context = {
        "channels": selectors.channels(),
        "contacts": selectors.contacts(),
        "recent": selectors.notifications(selectors.Wanted())[:RECENT],
        "kinds": list(FORMS),
        "now": timezone.now(),
    }
    return render(request, "channels/list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def channel_new(request: HttpRequest, kind: str) -> HttpResponse:
    """A new way."""
    if kind not in FORMS:
        raise Http404(f"no channel of kind {kind[:50]!r}")
    return _channel(request, kind, None)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def channel(request: HttpRequest, key: str) -> HttpResponse:
    """Change a way."""
    try:
        found = selectors.channel(key)
    except NotFound as err:
        raise Http404(str(err)) from err
    return _channel(request, found.kind, found)


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def channel_delete(request: HttpRequest, key: str) -> HttpResponse:
    """Take a way away."""
    return _deleted(request, services.delete_channel, key, _("The channel is deleted."))


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def channel_test(request: HttpRequest, key: str) -> HttpResponse:
    """Send a test message, and say what was answered."""
    to = request.POST.get("address", "").strip()[:255]
    try:
        answer = services.send_test(
            key, to=to, user=cast(User, request.user), address=address_of(request)
        )
    except NotFound as err:
        raise Http404(str(err)) from err
    except Refused as err:
        messages.warning(request, str(err))
    else:
        if answer.has_worked:
            messages.success(request, _("Accepted: %(answer)s") % {"answer": answer.text})
        else:
            messages.warning(request, _("Not accepted: %(answer)s") % {"answer": answer.text})
    return redirect("channel", key)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def contact_new(request: HttpRequest) -> HttpResponse:
    """Somebody new to be told."""
    return _contact(request, None)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def contact(request: HttpRequest, key: str) -> HttpResponse:
    """Change how somebody is told."""
    try:
        found = selectors.contact(key)
    except NotFound as err:
        raise Http404(str(err)) from err
    return _contact(request, found)


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def contact_delete(request: HttpRequest, key: str) -> HttpResponse:
    """Take somebody off, once no route names him."""
    named = [
        route.title
        for route in alerts.routes()
        if any(key in step.get("contacts", ()) for step in route.steps)
    ]
    if named:
        text = _("Take it off these routes first: %(names)s.") % {"names": ", ".join(named)}
        messages.warning(request, text)
        return redirect("contact", key)
    return _deleted(request, services.delete_contact, key, _("The contact is deleted."))


def _channel(request: HttpRequest, kind: str, found: Channel | None) -> HttpResponse:
    has_secret = found is not None and selectors.has_secret(found.key)
    form = FORMS[kind](
        request.POST if request.method == "POST" else None, channel=found, has_secret=has_secret
    )
    if request.method == "POST" and form.is_valid():
        key = found.key if found else form.cleaned_data["key"]
        if found is None and any(one.key == key for one in selectors.channels()):
            form.add_error("key", _("There is one of this name already."))
        else:
            given = {
                "key": key,
                "title": form.cleaned_data["title"],
                "kind": kind,
                "settings": form.setting_values,
                "secret": form.secret,
                "is_enabled": form.cleaned_data["is_enabled"],
            }
            if _is_done(request, form, lambda **who: services.save_channel(**given, **who)):
                messages.success(request, _("The channel is saved. Try it out by a test message."))
                return redirect("channel", key)
    context = {"form": form, "kind": kind, "channel": found, "now": timezone.now()}
    return render(request, "channels/channel.html", context, status=422 if form.errors else 200)


def _contact(request: HttpRequest, found: Contact | None) -> HttpResponse:
    offered = list(selectors.channels())
    form = ContactForm(
        request.POST if request.method == "POST" else None, contact=found, channels=offered
    )
    if request.method == "POST" and form.is_valid():
        key = found.key if found else form.cleaned_data["key"]
        if found is None and any(one.key == key for one in selectors.contacts()):
            form.add_error("key", _("There is one of this name already."))
        elif _is_done(request, form, lambda **who: _save_contact(key, form, **who)):
            messages.success(request, _("The contact is saved."))
            return redirect("channels")
    context = {"form": form, "contact": found}
    return render(request, "channels/contact.html", context, status=422 if form.errors else 200)


def _save_contact(key: str, form: ContactForm, **who: Any) -> None:
    said = form.cleaned_data
    services.save_contact(
        key=key,
        name=said["name"],
        language=said["language"],
        is_enabled=said["is_enabled"],
        departments=said["departments"],
        least_severity=said["least_severity"],
        digest_at=said["digest_at"],
        addresses=form.addresses,
        **who,
    )


def _is_done(request: HttpRequest, form: Any, act: Callable[..., object]) -> bool:
    try:
        act(user=cast(User, request.user), address=address_of(request))
    except Refused as err:
        text = str(err)
        name = text.partition(" ")[0]
        form.add_error(name if name in form.fields else None, text)
        return False
    return True


def _deleted(request: HttpRequest, act: Callable[..., object], key: str, done: str) -> HttpResponse:
    deeds.do(request, act, key, done=done)
    return redirect("channels")
