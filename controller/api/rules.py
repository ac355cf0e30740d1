"""Rules with their history, tried before they count; and routes."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status
from ninja.params.functions import Path

from controller.accounts.scopes import Scope
from controller.alerts import selectors, services
from controller.alerts.models import Route, RuleVersion, StoredRule
from controller.alerts.preview import Preview, fires
from controller.alerts.rules import parse
from controller.api import revisions
from controller.api.alert_shapes import (
    PreviewItem,
    Reason,
    RouteEdit,
    RouteItem,
    RuleEdit,
    RuleItem,
    RuleTrial,
    VersionItem,
)
from controller.api.auth import by, needs
from controller.api.failures import ASKED, TOLD
from controller.api.revisions import Match
from controller.api.shapes import Failure
from controller.errors import NotFound, Refused

router = Router(tags=["rules"])
EDIT = needs(Scope.CONFIGURE, "alerts.edit_rules")


@router.get("/rules", response={200: list[RuleItem], ASKED: Failure})
def rules(request: HttpRequest) -> list[dict[str, Any]]:
    """All rules that count, the region's own first."""
    return [_rule(row) for row in selectors.rules()]


@router.get("/rules/{key}", response={200: RuleItem, ASKED: Failure})
def rule(request: HttpRequest, response: HttpResponse, key: str) -> dict[str, Any]:
    """One rule. Its ETag goes into the If-Match of an edit."""
    return revisions.stamped(response, _rule(_stored(key)))


@router.put("/rules/{key}", response={200: RuleItem, TOLD: Failure}, **EDIT)
@transaction.atomic
def save_rule(
    request: HttpRequest,
    response: HttpResponse,
    key: str,
    wish: RuleEdit,
    match: str | None = Match,
) -> dict[str, Any]:
    """A new rule, or one as it shall be from now on."""
    if wish.rule.get("key", key) != key:
        raise Refused(f"rule.key is {wish.rule['key']!r}, must be {key!r} as in the address")
    _require(match, key)
    row = services.save_rule({**wish.rule, "key": key}, why=wish.why, **by(request))
    return revisions.stamped(response, _rule(row))


@router.delete("/rules/{key}", response={204: None, TOLD: Failure}, **EDIT)
@transaction.atomic
def delete_rule(
    request: HttpRequest, key: str, wish: Reason, match: str | None = Match
) -> Status[None]:
    """The rule counts no more. Its history stays."""
    _require(match, key)
    services.delete_rule(key, why=wish.why, **by(request))
    return Status(204, None)


@router.post("/rule-preview", response={200: PreviewItem, TOLD: Failure}, **EDIT)
def preview(request: HttpRequest, wish: RuleTrial) -> Preview:
    """How often a rule would have fired in the last days: changes nothing."""
    return fires(parse(wish.rule), wish.days, timezone.now())


@router.get("/rules/{key}/versions", response={200: list[VersionItem], ASKED: Failure})
def versions(request: HttpRequest, key: str) -> list[dict[str, Any]]:
    """Every version of a rule, the newest first."""
    found = [_version(row) for row in selectors.rule_history(key)]
    if not found:
        raise NotFound(f"no rule {key[:63]!r}")
    return found


@router.post(
    "/rules/{key}/versions/{version}/revert", response={200: RuleItem, TOLD: Failure}, **EDIT
)
@transaction.atomic
def revert(
    request: HttpRequest,
    response: HttpResponse,
    key: str,
    wish: Reason,
    version: int = Path(ge=1, le=2**31 - 1),
    match: str | None = Match,
) -> dict[str, Any]:
    """The rule as it was in that version, as a new version."""
    _require(match, key)
    row = services.revert_rule(key, version, why=wish.why, **by(request))
    return revisions.stamped(response, _rule(row))


@router.get("/routes", response={200: list[RouteItem], ASKED: Failure})
def routes(request: HttpRequest) -> list[dict[str, Any]]:
    """Who is told, and who next."""
    return [_route(row) for row in selectors.routes()]


@router.get("/routes/{key}", response={200: RouteItem, ASKED: Failure})
def route(request: HttpRequest, response: HttpResponse, key: str) -> dict[str, Any]:
    """One route. Its ETag goes into the If-Match of an edit."""
    row = Route.objects.filter(pk=key).first()
    if row is None:
        raise NotFound(f"no route {key[:63]!r}")
    return revisions.stamped(response, _route(row))


@router.put("/routes/{key}", response={200: RouteItem, TOLD: Failure}, **EDIT)
@transaction.atomic
def save_route(
    request: HttpRequest,
    response: HttpResponse,
    key: str,
    wish: RouteEdit,
    match: str | None = Match,
) -> dict[str, Any]:
    """A new route, or one as it shall be from now on."""
    _require_route(match, key)
    row = services.save_route(key, wish.title, wish.steps, **by(request))
    return revisions.stamped(response, _route(row))


@router.delete("/routes/{key}", response={204: None, TOLD: Failure}, **EDIT)
@transaction.atomic
def delete_route(request: HttpRequest, key: str, match: str | None = Match) -> Status[None]:
    """Forget a route that no rule goes by."""
    _require_route(match, key)
    services.delete_route(key, **by(request))
    return Status(204, None)


def _stored(key: str) -> StoredRule:
    row = StoredRule.objects.filter(pk=key, is_deleted=False).first()
    if row is None:
        raise NotFound(f"no rule {key[:63]!r}: list them at /api/rules")
    return row


def _require(match: str | None, key: str) -> None:
    row = StoredRule.objects.select_for_update().filter(pk=key, is_deleted=False).first()
    revisions.require(match, _rule(row) if row else None, f"rule {key[:63]!r}")


def _require_route(match: str | None, key: str) -> None:
    row = Route.objects.select_for_update().filter(pk=key).first()
    revisions.require(match, _route(row) if row else None, f"route {key[:63]!r}")


def _rule(row: StoredRule) -> dict[str, Any]:
    return {
        "key": row.key,
        "version": row.version,
        "is_builtin": row.is_builtin,
        "is_edited": row.is_edited,
        "rule": {**row.body, "key": row.key},
    }


def _version(row: RuleVersion) -> dict[str, Any]:
    return {
        "version": row.version,
        "at": row.at,
        "actor": row.actor,
        "why": row.why,
        "rule": row.body,
    }


def _route(row: Route) -> dict[str, Any]:
    return {"key": row.key, "title": row.title, "steps": row.steps}
