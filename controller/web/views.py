"""The people's pages. A page and its part that follows the fleet are made of the same template."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from contract.topics import is_kiosk_id
from controller.commands import selectors as commands
from controller.errors import NotFound
from controller.fleet import selectors
from controller.fleet.models import KioskKind
from controller.fleet.standing import Standing
from controller.ingest.models import Gap
from controller.web import alert_lists, forms
from controller.web.alert_words import told
from controller.web.catalogue import offered
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
    return render(request, "kiosk.html", _kiosk(request, kiosk_id))


@require_GET
def kiosk_board(request: HttpRequest, kiosk_id: str) -> HttpResponse:
    """The part of the kiosk page that follows the kiosk."""
    return render(request, "kiosk_board.html", _kiosk(request, kiosk_id))


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


def _fleet(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    filters = forms.filters(request.GET)
    return {
        "now": now,
        "fleet": selectors.fleet(filters, now),
        "alerted": alert_lists.count_by_severity(filters.department),
        "kinds": KioskKind.values,
        "standings": list(Standing),
    }


def _kiosk(request: HttpRequest, kiosk_id: str) -> dict[str, Any]:
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
        "acts": offered(request.user, view.devices),
        "alerts_here": told(alert_lists.of_kiosk(kiosk_id), alert_lists.titles()),
    }
