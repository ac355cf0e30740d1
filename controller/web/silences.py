"""Silences and maintenance, and the routes by which people are told."""

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
from controller.alerts import selectors, services
from controller.alerts.models import Route
from controller.alerts.routes import DEFAULT
from controller.errors import Refused
from controller.fleet.models import Kiosk, Lifecycle
from controller.notify import selectors as notices
from controller.web import alert_lists, deeds
from controller.web.alert_words import in_language
from controller.web.silence_forms import RouteForm, SilenceForm

MAY_SILENCE = "alerts.acknowledge"
MAY_EDIT = "alerts.edit_rules"
PAST_SHOWN = 30


@require_GET
def silences(request: HttpRequest) -> HttpResponse:
    """What is muted or in maintenance, now, later and of late."""
    titles = _titles()
    context = {
        "active": list(selectors.silences(active=True)),
        "past": list(selectors.silences(active=False)[:PAST_SHOWN]),
        "titles": titles,
        "now": timezone.now(),
    }
    return render(request, "silences/list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_SILENCE, raise_exception=True)
def silence_new(request: HttpRequest) -> HttpResponse:
    """Mute, or announce maintenance."""
    asked = {name: request.GET.get(name, "") for name in ("kiosk", "department", "purpose")}
    form = SilenceForm(
        request.POST if request.method == "POST" else None, titles=_titles().items(), initial=asked
    )
    if request.method == "POST" and form.is_valid():
        said = form.plain()
        said["starts_at"] = said["starts_at"] or timezone.now()
        try:
            services.silence(**said, user=cast(User, request.user), address=address_of(request))
        except Refused as err:
            form.add_error(None, str(err))
        else:
            messages.success(request, _("It is noted, and ends by itself."))
            return redirect("silences")
    kiosks = Kiosk.objects.exclude(lifecycle=Lifecycle.RETIRED).select_related("site")
    context = {"form": form, "kiosks": kiosks.order_by("pk")}
    return render(request, "silences/new.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(MAY_SILENCE, raise_exception=True)
def silence_end(request: HttpRequest, silence_id: int) -> HttpResponse:
    """End it now."""
    done = _("It has ended: alerts are told again.")
    deeds.do(request, services.end_silence, silence_id, done=done)
    return redirect("silences")


@require_GET
def routes(request: HttpRequest) -> HttpResponse:
    """Every route with its steps."""
    names = {contact.key: contact.name for contact in notices.contacts()}
    rows = [
        {
            "route": route,
            "steps": [
                {
                    "after_s": step.get("after_s", 0),
                    "who": ", ".join(names.get(key, key) for key in step.get("contacts", ())),
                }
                for step in route.steps
            ],
        }
        for route in selectors.routes()
    ]
    return render(request, "routes/list.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def route_new(request: HttpRequest) -> HttpResponse:
    """A new route."""
    return _route(request, None)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def route(request: HttpRequest, key: str) -> HttpResponse:
    """Change a route."""
    found = next((one for one in selectors.routes() if one.key == key), None)
    if found is None:
        raise Http404(f"no route {key!r}")
    return _route(request, found)


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def route_delete(request: HttpRequest, key: str) -> HttpResponse:
    """Delete a route that no rule names."""
    users = [
        in_language(one.body.get("title", {}))
        for one in selectors.rules()
        if one.body.get("route", DEFAULT) == key
    ]
    if users or key == DEFAULT:
        text = _("This route stays: rules go by it.")
        if users:
            text += " " + _("Such as: %(names)s.") % {"names": ", ".join(users[:3])}
        messages.warning(request, text)
        return redirect("route", key)
    if deeds.do(request, services.delete_route, key, done=_("The route is deleted.")):
        return redirect("routes")
    return redirect("route", key)


def _route(request: HttpRequest, found: Route | None) -> HttpResponse:
    contacts = [(contact.key, contact.name) for contact in notices.contacts()]
    form = RouteForm(
        request.POST if request.method == "POST" else None, route=found, contacts=contacts
    )
    if request.method == "POST" and form.is_valid():
        key = found.key if found else form.cleaned_data["key"]
        who: dict[str, Any] = {"user": cast(User, request.user), "address": address_of(request)}
        if found is None and any(one.key == key for one in selectors.routes()):
            form.add_error("key", _("There is one of this name already."))
        else:
            try:
                services.save_route(key, form.cleaned_data["title"], form.steps, **who)
            except Refused as err:
                form.add_error(None, str(err))
            else:
                messages.success(request, _("The route is saved: it counts for new alerts."))
                return redirect("routes")
    context = {"form": form, "route": found, "has_contacts": bool(contacts)}
    return render(request, "routes/edit.html", context, status=422 if form.errors else 200)


def _titles() -> dict[str, str]:
    return {key: in_language(words) or key for key, words in alert_lists.titles().items()}
