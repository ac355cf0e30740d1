"""Who did what: the audit, filtered, one entry, and all of it as a file."""

import json
from datetime import date
from typing import cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from controller.accounts.export import FORMS
from controller.accounts.logins import address_of
from controller.accounts.models import AuditEntry
from controller.accounts.selectors import AuditFilters, audit_entries, users
from controller.accounts.services import record
from controller.web import lists
from controller.web.audit_words import actions
from controller.web.lists import Filter

MAY_VIEW = "accounts.view_auditentry"
#: What an address may ask for; accounts.selectors narrows by it.
ASKED = tuple(Filter(name, lambda rows, asked: rows) for name in AuditFilters.__slots__)


@require_GET
@permission_required(MAY_VIEW, raise_exception=True)
def audit(request: HttpRequest) -> HttpResponse:
    """Entries, the latest first."""
    rows = audit_entries(_filters(request.GET))
    context = {
        "page": lists.page(rows, request.GET, ASKED),
        "actions": actions(),
        "names": users().values_list("username", flat=True),
    }
    return render(request, "audit/list.html", context)


@require_GET
@permission_required(MAY_VIEW, raise_exception=True)
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with all that was kept of it."""
    found = get_object_or_404(AuditEntry, pk=entry_id)
    details = json.dumps(found.details, ensure_ascii=False, indent=2) if found.details else ""
    return render(request, "audit/detail.html", {"entry": found, "details": details})


@require_GET
@permission_required(MAY_VIEW, raise_exception=True)
def export(request: HttpRequest, form: str) -> HttpResponse:
    """What the filters leave, the oldest first, as a file. That it was taken is kept too."""
    if form not in FORMS:
        raise Http404(f"no export as {form[:20]!r}")
    asked = {one.name: said for one in ASKED if (said := one.read(request.GET))}
    record(
        action="audit.export",
        subject="audit",
        user=cast(User, request.user),
        address=address_of(request),
        details={"form": form, **asked},
    )
    make, kind = FORMS[form]
    return HttpResponse(
        "".join(make(audit_entries(_filters(request.GET)))).encode(),
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="audit.{form}"'},
    )


def _filters(query: QueryDict) -> AuditFilters:
    """What is not understood is left out, never an error."""
    asked = {one.name: one.read(query) for one in ASKED}
    return AuditFilters(
        actor=asked["actor"],
        action=asked["action"],
        subject=asked["subject"],
        since=_day(asked["since"]),
        until=_day(asked["until"]),
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # well-formed, and in no calendar
        return None
