"""Who did what: the audit, filtered, one entry, and all of it as a file."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from controller.accounts.models import AuditEntry
from controller.web import lists
from controller.web.lists import Filter, choose

MAY_VIEW = "accounts.view_auditentry"
_COLUMNS = ("at", "actor", "action", "subject", "why", "address", "details")


def _day(field: str) -> Any:
    def narrow(rows: QuerySet[AuditEntry], asked: str) -> QuerySet[AuditEntry]:
        try:
            day = parse_date(asked)
        except ValueError:
            day = None
        return rows.filter(**{field: day}) if day else rows

    return narrow


FILTERS: tuple[Filter, ...] = (
    choose("actor__icontains", "actor"),
    choose("action__startswith", "action"),
    choose("subject__icontains", "subject"),
    Filter("since", _day("at__date__gte")),
    Filter("until", _day("at__date__lte")),
)


@require_GET
@permission_required(MAY_VIEW, raise_exception=True)
def audit(request: HttpRequest) -> HttpResponse:
    """Entries, the latest first."""
    page = lists.page(AuditEntry.objects.all(), request.GET, FILTERS)
    return render(request, "audit/list.html", {"page": page})


@require_GET
@permission_required(MAY_VIEW, raise_exception=True)
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with all that was kept of it."""
    found = get_object_or_404(AuditEntry, pk=entry_id)
    details = json.dumps(found.details, ensure_ascii=False, indent=2) if found.details else ""
    return render(request, "audit/detail.html", {"entry": found, "details": details})


@require_GET
@permission_required(MAY_VIEW, raise_exception=True)
def export(request: HttpRequest, form: str) -> StreamingHttpResponse:
    """The entries that the filters leave, the oldest first: `csv`, or `jsonl` for machines."""
    makers = {"csv": (_csv, "text/csv"), "jsonl": (_json_lines, "application/x-ndjson")}
    if form not in makers:
        raise Http404(f"no export as {form[:20]!r}")
    rows = AuditEntry.objects.order_by("at", "id")
    for one in FILTERS:
        if asked := one.read(request.GET):
            rows = one.narrow(rows, asked)
    maker, kind = makers[form]
    return StreamingHttpResponse(
        maker(rows),
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="audit.{form}"'},
    )


class _Echo:
    """What csv.writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def _csv(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(_COLUMNS)  # so that spreadsheets read UTF-8
    for row in rows.iterator(chunk_size=500):
        yield writer.writerow([_harmless(value) for value in _plain(row).values()])


def _json_lines(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    for row in rows.iterator(chunk_size=500):
        yield json.dumps(_plain(row) | {"details": row.details}, ensure_ascii=False) + "\n"


def _plain(row: AuditEntry) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "why": row.why,
        "address": row.address,
        "details": json.dumps(row.details, ensure_ascii=False) if row.details else "",
    }


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> _harmless("=1+1"), _harmless("Ambert")
    ("'=1+1", 'Ambert')
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
