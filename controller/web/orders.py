"""Giving an order to a kiosk, and following orders to their end."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from contract.commands import CommandSpec, CommandState, spec
from contract.errors import CommandError
from controller.accounts.logins import address_of
from controller.commands import files, selectors, services
from controller.commands.models import Command
from controller.commands.services import permission
from controller.errors import NotFound, NotPermitted, Refused
from controller.fleet import selectors as fleet
from controller.fleet.selectors import KioskView
from controller.web import lists
from controller.web.catalogue import act
from controller.web.order_forms import OrderForm


@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, kiosk_id: str, name: str) -> HttpResponse:
    """What an order does and costs, its details, and the order itself."""
    entry, view = _entry(name), _kiosk(kiosk_id)
    user = cast(User, request.user)
    if not user.has_perm(permission(name)):
        raise PermissionDenied
    form = OrderForm(
        entry,
        view.devices,
        kiosk_id,
        request.POST if request.method == "POST" else None,
        may_force=user.has_perm("commands.force"),
        initial={"device": request.GET.get("device", "")},
    )
    if request.method == "POST" and form.is_valid() and _is_free(form, view, entry):
        try:
            command = services.order(
                kiosk=view.row.kiosk,
                name=name,
                args=form.arguments,
                user=user,
                why=form.cleaned_data["why"],
                address=address_of(request),
                is_forced=form.cleaned_data.get("force", False),
            )
        except (Refused, NotPermitted, CommandError) as err:
            form.add_error(None, str(err))
        else:
            messages.success(request, _("The order is given: follow it here."))
            return redirect("command", command.pk)
    context = {"form": form, "act": act(entry), "kiosk": view.row.kiosk, "view": view}
    return render(request, "commands/order.html", context, status=422 if form.errors else 200)


@require_GET
def commands(request: HttpRequest) -> HttpResponse:
    """Every order, the latest first."""
    page = lists.page(_listed(), request.GET, lists.COMMANDS)
    context = {"page": page, "now": timezone.now(), "states": list(CommandState)}
    return render(request, "commands/list.html", context)


@require_GET
def command(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """One order from its giving to what came of it."""
    return render(request, "commands/detail.html", _told(command_id))


@require_GET
def command_board(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """The part of its page that follows it."""
    return render(request, "commands/board.html", _told(command_id))


@require_GET
def fetched(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """The file that an order fetched. Who may fetch it may read it."""
    if not cast(User, request.user).has_perm(permission("fetch-logs")):
        raise PermissionDenied
    try:
        found = files.file(command_id)
    except NotFound as err:
        raise Http404(str(err)) from err
    except Refused as err:
        messages.warning(request, str(err))
        return redirect("command", command_id)
    return HttpResponse(
        found.content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": content_disposition_header(True, found.name) or ""},
    )


@require_GET
def reboot(request: HttpRequest, kiosk_id: str) -> HttpResponse:
    """Where the restart once had a form of its own."""
    return redirect("order", kiosk_id, "reboot", permanent=True)


def _told(command_id: UUID) -> dict[str, Any]:
    cursor = fleet.latest_touch()
    try:
        found = selectors.command(command_id)
    except NotFound as err:
        raise Http404(str(err)) from err
    return {
        "command": found,
        "kiosk": found.kiosk,
        "arrival": files.arrival(command_id) if found.name == "fetch-logs" else None,
        "cursor": cursor,
        "now": timezone.now(),
    }


def _listed() -> QuerySet[Command]:
    return selectors.all_commands().select_related("kiosk__site", "by").prefetch_related(None)


def _entry(name: str) -> CommandSpec:
    try:
        return spec(name)
    except CommandError as err:
        raise Http404(str(err)) from err


def _kiosk(kiosk_id: str) -> KioskView:
    try:
        return fleet.kiosk(kiosk_id, timezone.now())
    except NotFound as err:
        raise Http404(str(err)) from err


def _is_free(form: OrderForm, view: KioskView, entry: CommandSpec) -> bool:
    """The service knows it too; here it is said in the reader's language."""
    if not entry.is_disruptive:
        return True
    under_way = (
        command
        for command in selectors.history(view.row.kiosk.pk)
        if not CommandState(command.state).is_final
    )
    if any(spec(command.name).is_disruptive for command in under_way):
        form.add_error(None, _("Another such order is under way on this kiosk: wait for its end."))
        return False
    return True
