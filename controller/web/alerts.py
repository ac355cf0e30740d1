"""Alerts: what is open, what was, and one of them with all that happened to it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from controller.accounts.logins import address_of
from controller.alerts import selectors, services
from controller.alerts.models import Alert
from controller.alerts.rules import Severity
from controller.errors import NotFound, Refused
from controller.notify import selectors as notices
from controller.web import alert_lists, alert_story, deeds, following, lists
from controller.web.alert_forms import AcknowledgeForm, MuteForm, NoteForm
from controller.web.alert_words import frozen_rule, in_language, one, told

MAY_ACKNOWLEDGE = "alerts.acknowledge"


@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """What is open, the most severe first."""
    return render(request, "alerts/list.html", _open(request))


@require_GET
def alerts_board(request: HttpRequest) -> HttpResponse:
    """The part of that page that follows it."""
    return render(request, "alerts/board.html", _open(request))


@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Every alert that ever fired, the latest first."""
    page = lists.page(selectors.history(), request.GET, alert_lists.PAST)
    titles = alert_lists.titles()
    context = {
        "page": page,
        "rows": [one(alert, titles) for alert in page.rows],
        "titles": sorted((in_language(words), key) for key, words in titles.items()),
        "severities": list(Severity)[::-1],
        "departments": alert_lists.DEPARTMENTS,
        "now": timezone.now(),
    }
    return render(request, "alerts/history.html", context)


@require_GET
def alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """One alert."""
    return _page(request, alert_id)


@require_GET
def alert_board(request: HttpRequest, alert_id: int) -> HttpResponse:
    """The part of its page that follows it."""
    return render(request, "alerts/alert_board.html", _told(alert_id))


@require_POST
@permission_required(MAY_ACKNOWLEDGE, raise_exception=True)
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Take it up."""
    form = AcknowledgeForm(request.POST, auto_id="ack_%s")
    if not form.is_valid():
        return _page(request, alert_id, acknowledge=form)
    if _alert(alert_id).state not in (Alert.State.FIRING, Alert.State.CLEARING):
        messages.warning(request, _("This alert is over: nobody needs to take it up."))
        return redirect("alert", alert_id)
    given = {"note": form.cleaned_data["note"]}
    return _do(request, alert_id, services.acknowledge, given, _("The alert is yours."))


@require_POST
@permission_required(MAY_ACKNOWLEDGE, raise_exception=True)
def note(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Leave a note."""
    form = NoteForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return _page(request, alert_id, note=form)
    given = {"note": form.cleaned_data["note"]}
    return _do(request, alert_id, services.note, given, _("The note is written down."))


@require_POST
@permission_required(MAY_ACKNOWLEDGE, raise_exception=True)
def mute(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Let nobody be told of it until a moment."""
    found = _alert(alert_id)
    form = MuteForm(found, request.POST, auto_id="mute_%s")
    if form.is_valid():
        try:
            services.silence(
                purpose="silence",
                starts_at=timezone.now(),
                ends_at=form.cleaned_data["ends_at"],
                why=form.cleaned_data["why"],
                **_covered(found, form.cleaned_data["reach"]),
                user=cast(User, request.user),
                address=address_of(request),
            )
        except Refused as err:
            form.add_error(None, str(err))
        else:
            messages.success(request, _("It is muted: nobody is told until then."))
            return redirect("alert", alert_id)
    return _page(request, alert_id, mute=form)


def _covered(found: Alert, reach: str) -> dict[str, Any]:
    """The fields of the silence that covers an alert, or all of its kiosk."""
    if found.kiosk is not None:
        mine = {"rule": found.rule, "kind": found.kind} if reach == "alert" else {}
        return {"kiosk": found.kiosk, **mine}
    place: dict[str, Any] = {"rule": found.rule}
    if found.cause == Alert.Cause.SITE:
        place["site"] = found.culprit
    if found.cause == Alert.Cause.DEPARTMENT:
        place["department"] = found.culprit
    return place


def _do(
    request: HttpRequest,
    alert_id: int,
    act: Callable[..., object],
    given: dict[str, str],
    done: str,
) -> HttpResponse:
    deeds.do(request, act, alert_id, done=done, **given)
    return redirect("alert", alert_id)


def _open(request: HttpRequest) -> dict[str, Any]:
    cursor = following.cursor()
    narrowed, asked = alert_lists.narrow(alert_lists.open_alerts(), request.GET)
    rows = told(narrowed, alert_lists.titles())
    return {
        "rows": rows,
        "untaken": [row for row in rows if not row.is_taken],
        "taken": [row for row in rows if row.is_taken],
        "asked": asked,
        "cursor": cursor,
        "now": timezone.now(),
        "severities": list(Severity)[::-1],
        "departments": alert_lists.DEPARTMENTS,
        "shown_states": alert_lists.SHOWN,
    }


def _alert(alert_id: int) -> Alert:
    try:
        return selectors.alert(alert_id)
    except NotFound as err:
        raise Http404(str(err)) from err


def _told(alert_id: int) -> dict[str, Any]:
    cursor = following.cursor()
    found = _alert(alert_id)
    names = {contact.key: contact.name for contact in notices.contacts()}
    rule = frozen_rule(found) or alert_lists.rule_body(found.rule)
    return {
        "alert": found,
        "row": one(found, {found.rule: rule.get("title") or {}}),
        "rule": rule,
        "members": list(found.members.all()),
        "lines": alert_story.timeline(found.events.all()),
        "steps": alert_story.steps(found, names),
        "notices": notices.of_alert(found.pk),
        "clerk": in_language(rule.get("runbook", {}).get("clerk", {})),
        "technician": in_language(rule.get("runbook", {}).get("technician", {})),
        "cursor": cursor,
        "now": timezone.now(),
    }


def _page(request: HttpRequest, alert_id: int, **bound: Any) -> HttpResponse:
    context = _told(alert_id)
    forms = {
        "acknowledge": AcknowledgeForm(auto_id="ack_%s"),
        "note": NoteForm(auto_id="note_%s"),
        "mute": MuteForm(context["alert"], auto_id="mute_%s"),
    }
    context |= {"forms": forms | bound}
    return render(request, "alerts/alert.html", context, status=422 if bound else 200)
