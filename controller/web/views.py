"""The people's pages. A page and its part that follows the fleet are made of the same template."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contract.commands import CommandState
from contract.topics import is_kiosk_id
from controller.commands import selectors as commands
from controller.commands import services as orders
from controller.commands.models import Command
from controller.errors import NotFound, NotPermitted, Refused
from controller.fleet import selectors
from controller.fleet.models import KioskKind
from controller.fleet.standing import Standing
from controller.ingest.models import Gap
from controller.web import forms
from controller.web.live import Live, moment

COMMANDS_SHOWN = 8
GAPS_SHOWN = 5
GAPS_SHOWN_FOR = timedelta(days=30)


@require_GET
def fleet(request: HttpRequest) -> HttpResponse:
    """Who needs a hand now?"""
    return render(request, "fleet.html", _fleet(request))


@require_GET
def fleet_board(request: HttpRequest) -> HttpResponse:
    """The part of the fleet page that follows the fleet."""
    response = render(request, "fleet_board.html", _fleet(request))
    if request.headers.get("HX-Trigger") == "filters":
        query = "&".join(
            part for part in request.GET.urlencode().split("&") if not part.endswith("=")
        )
        response.headers["HX-Replace-Url"] = f"/?{query}" if query else "/"
    return response


@require_GET
def kiosk(request: HttpRequest, kiosk_id: str) -> HttpResponse:
    """One kiosk: what is wrong, since when, what was tried."""
    return render(request, "kiosk.html", _kiosk(kiosk_id, forms.RebootForm(kiosk_id)))


@require_GET
def kiosk_board(request: HttpRequest, kiosk_id: str) -> HttpResponse:
    """The part of the kiosk page that follows the kiosk."""
    return render(request, "kiosk_board.html", _kiosk(kiosk_id))


@require_POST
@permission_required("commands.run_reboot", raise_exception=True)
def reboot(request: HttpRequest, kiosk_id: str) -> HttpResponse:
    """Order a restart."""
    form = forms.RebootForm(kiosk_id, request.POST)
    context = _kiosk(kiosk_id, form)
    if form.is_valid() and _is_restarting(context["commands"]):
        form.add_error(None, _("A restart of this kiosk is under way: wait for its end."))
    elif form.is_valid():
        try:
            orders.order(
                kiosk=context["kiosk"],
                name="reboot",
                args={},
                user=cast(User, request.user),  # the permission asks for a login
                why=form.cleaned_data["why"],
                address=request.META.get("REMOTE_ADDR", ""),
                is_forced=form.cleaned_data["force"],
            )
        except (Refused, NotPermitted) as err:
            form.add_error(None, str(err))
        else:
            messages.success(request, _("The restart is ordered. Follow it below."))
            return redirect("kiosk", kiosk_id)
    return render(request, "kiosk.html", context, status=422)


def stream(live: Live) -> Any:
    """The view that lets a page follow the fleet, or the kiosk that it names."""

    async def view(request: HttpRequest) -> HttpResponseBase:
        kiosk_id = request.GET.get("kiosk", "")
        if kiosk_id and not is_kiosk_id(kiosk_id):
            return HttpResponse(status=404)
        cursor = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
        return StreamingHttpResponse(
            live.stream(kiosk_id, moment(cursor)),
            content_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return view


def _is_restarting(history: Iterable[Command]) -> bool:
    """The service knows it too; here it is said in the reader's language."""
    return any(
        command.name == "reboot" and not CommandState(command.state).is_final for command in history
    )


def _fleet(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    return {
        "now": now,
        "fleet": selectors.fleet(forms.filters(request.GET), now),
        "kinds": KioskKind.values,
        "standings": list(Standing),
    }


def _kiosk(kiosk_id: str, form: forms.RebootForm | None = None) -> dict[str, Any]:
    now = timezone.now()
    try:
        view = selectors.kiosk(kiosk_id, now)
    except NotFound as err:
        raise Http404(str(err)) from err
    return {
        "now": now,
        "view": view,
        "kiosk": view.row.kiosk,
        "status": view.row.status,
        "commands": commands.history(kiosk_id, COMMANDS_SHOWN),
        "gaps": Gap.objects.filter(kiosk=kiosk_id, seen_at__gt=now - GAPS_SHOWN_FOR)[:GAPS_SHOWN],
        "form": form,
    }
