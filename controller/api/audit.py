"""Who did what: page by page, or as a file."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query
from pydantic import Field

from controller.accounts.audit import record
from controller.accounts.export import FORMS
from controller.accounts.models import AuditEntry
from controller.accounts.scopes import Scope
from controller.accounts.selectors import AuditFilters, audit_entries
from controller.api.auth import by, needs
from controller.api.failures import ASKED, file_of
from controller.api.pages import Limit, Offset, page
from controller.api.people_shapes import AuditPage
from controller.api.shapes import Failure

router = Router(tags=["audit"])
SEE = "accounts.view_auditentry"
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Actor = Query("", max_length=150)
Action = Query("", max_length=64, description="what it begins with: `command.`, `login`")
Subject = Query("", max_length=150, description="a kiosk, a user, ...")


@router.get("/audit", response={200: AuditPage, ASKED: Failure}, **needs(Scope.ADMIN, SEE))
def audit(
    request: HttpRequest,
    actor: str = Actor,
    action: str = Action,
    subject: str = Subject,
    since: Day | None = None,
    until: Day | None = None,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """The audit, the latest first. Days are the controller's own, both included."""
    filters = AuditFilters(actor, action, subject, since, until)
    return page(audit_entries(filters), limit, offset)


@router.get(
    "/audit/export",
    response=dict.fromkeys(ASKED, Failure),
    **needs(Scope.ADMIN, SEE, responses=file_of(*(kind for _, kind in FORMS.values()))),
)
def export(
    request: HttpRequest,
    form: Literal["csv", "jsonl"] = "csv",
    actor: str = Actor,
    action: str = Action,
    subject: str = Subject,
    since: Day | None = None,
    until: Day | None = None,
) -> HttpResponse:
    """The same as a file, the oldest first. That it was taken is in the audit too."""
    filters = AuditFilters(actor, action, subject, since, until)
    _note(request, form, filters)
    make, kind = FORMS[form]
    content = "".join(make(audit_entries(filters)))
    return HttpResponse(
        content.encode(),
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="audit.{form}"'},
    )


def _note(request: HttpRequest, form: str, filters: AuditFilters) -> AuditEntry:
    asked = {name: str(getattr(filters, name) or "") for name in AuditFilters.__slots__}
    details = {"form": form, **{name: value for name, value in asked.items() if value}}
    return record(action="audit.export", subject="audit", details=details, **by(request))
