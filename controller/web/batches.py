"""Orders to many kiosks: the exact list, a dry run, how they go on."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contract.commands import CATALOGUE, CommandSpec
from contract.errors import CommandError
from controller.accounts.logins import address_of
from controller.commands import batches as service
from controller.commands.models import Batch, BatchItem
from controller.commands.services import permission
from controller.errors import NotFound, Refused
from controller.fleet import selectors
from controller.fleet.models import Department, KioskKind
from controller.fleet.selectors import Filters, Row
from controller.fleet.standing import Standing
from controller.web import deeds, following, forms, lists
from controller.web.batch_forms import BatchForm
from controller.web.catalogue import act

#: What is not worth ordering to many at once.
_ONE_BY_ONE = ("identify", "ping")
_OVER = (BatchItem.State.SUCCEEDED, BatchItem.State.FAILED, BatchItem.State.SKIPPED)


@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """Every batch, the latest first."""
    every = Batch.objects.annotate(
        total=Count("items"), over=Count("items", filter=Q(items__state__in=_OVER))
    ).order_by("-created_at")
    return render(request, "batches/list.html", {"page": lists.page(every, request.GET, ())})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Which order, to which kiosks, how; a dry run before anything is ordered."""
    user = cast(User, request.user)
    offered = [
        entry
        for entry in CATALOGUE
        if entry.name not in _ONE_BY_ONE and user.has_perm(permission(entry.name))
    ]
    if not offered:
        raise PermissionDenied
    entry = next((one for one in offered if one.name == request.GET.get("name")), None)
    filters = forms.filters(request.GET)
    context: dict[str, Any] = {
        "offered": [act(one) for one in offered],
        "filters": filters,
        "departments": Department.values,
        "kinds": KioskKind.values,
        "standings": list(Standing),
        "act": act(entry) if entry else None,
        "query": request.GET.urlencode(),
    }
    if entry is None:
        return render(request, "batches/new.html", context)
    return _new(request, entry, _rows(filters), context)


@require_GET
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """How far one is."""
    return render(request, "batches/detail.html", _told(batch_id))


@require_GET
def batch_board(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The part of its page that follows it."""
    return render(request, "batches/board.html", _told(batch_id))


@require_POST
def move(request: HttpRequest, batch_id: UUID, how: str) -> HttpResponse:
    """Pause it, let it go on, or end it."""
    moves = {
        "pause": (service.pause, _("It is paused: what is under way goes to its end.")),
        "resume": (service.resume, _("It goes on.")),
        "abort": (service.abort, _("It is ended: nothing more is ordered.")),
    }
    if how not in moves:
        raise Http404(f"a batch is not {how[:20]!r}")
    act, done = moves[how]
    deeds.do(request, act, batch_id, done=done)
    return redirect("batch", batch_id)


def _new(
    request: HttpRequest, entry: CommandSpec, rows: list[Row], context: dict[str, Any]
) -> HttpResponse:
    user = cast(User, request.user)
    form = BatchForm(
        entry,
        rows,
        request.POST if request.method == "POST" else None,
        may_force=user.has_perm("commands.force"),
        is_dry_run="dry" in request.POST,
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        given: dict[str, Any] = {
            "kiosks": said["kiosks"],
            "name": entry.name,
            "args": form.arguments,
            "user": user,
            "why": said["why"],
            "is_forced": said.get("force", False),
        }
        try:
            if "dry" in request.POST:
                preview = service.preview(**given)
            else:
                made = service.create(**given, rolling=_rolling(said), address=address_of(request))
                messages.success(request, _("The order goes from kiosk to kiosk: follow it here."))
                return redirect("batch", made.pk)
        except (Refused, NotFound, CommandError) as err:
            form.add_error(None, str(err))
    places = {
        row.kiosk.pk: f"{row.kiosk.site.commune} ({row.kiosk.site.department})" for row in rows
    }
    context |= {"form": form, "rows": rows, "preview": preview, "places": places}
    return render(request, "batches/new.html", context, status=422 if form.errors else 200)


def _rolling(said: dict[str, Any]) -> service.Rolling:
    return service.Rolling(
        at_a_time=said["at_a_time"],
        pause_s=said["pause_s"],
        stop_after_failures=said["stop_after_failures"],
        life=timedelta(seconds=said["life_s"]),
    )


def _rows(filters: Filters) -> list[Row]:
    """All that the filters leave, whatever the pages of the fleet."""
    rows: list[Row] = []
    number, count = 1, 1
    while number <= count:
        view = selectors.fleet(replace(filters, page=number), timezone.now())
        rows += [*view.needing_hand, *view.others]
        number, count = number + 1, view.page_count
    return sorted(rows, key=lambda row: (row.kiosk.site.commune, row.kiosk.pk))


def _told(batch_id: UUID) -> dict[str, Any]:
    cursor = following.cursor()
    found = get_object_or_404(Batch.objects.select_related("by"), pk=batch_id)
    items = list(found.items.select_related("kiosk__site", "command"))
    return {
        "batch": found,
        "items": items,
        "tally": _tally(items),
        "is_alive": found.state in (Batch.State.RUNNING, Batch.State.PAUSED, Batch.State.STOPPED),
        "cursor": cursor,
        "now": timezone.now(),
    }


def _tally(items: list[BatchItem]) -> dict[str, Any]:
    """How many kiosks are how far, and the share that is over."""
    counts = Counter(item.state for item in items)
    over = sum(counts[state] for state in _OVER)
    return {
        "total": len(items),
        "over": over,
        "percent": round(100 * over / len(items)) if items else 100,
        "states": [(state, counts[state]) for state in BatchItem.State if counts[state]],
    }
