"""Rules: the list, one with its history, and its form with a preview before anything is saved."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from controller.accounts.logins import address_of
from controller.alerts import preview, selectors, services
from controller.alerts.models import StoredRule
from controller.errors import Refused
from controller.web import deeds, rule_differences, rule_forms
from controller.web.alert_words import in_language
from controller.web.rule_forms import RuleForm

MAY_EDIT = "alerts.edit_rules"
PREVIEW_DAYS = 30
#: What an empty form begins with.
_NEW: Mapping[str, Any] = {
    "match": {"subject": "device"},
    "severity": "warning",
    "route": "default",
    "for_s": 300,
    "clear_for_s": 300,
    "when": "open",
    "is_enabled": True,
}


@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule: built-in, edited, of one's own."""
    rows = [
        {"stored": stored, "title": in_language(stored.body.get("title", {})), "body": stored.body}
        for stored in selectors.rules()
    ]
    rows.sort(key=lambda row: (not row["body"].get("is_enabled", True), row["title"].casefold()))
    return render(request, "rules/list.html", {"rows": rows})


@require_GET
def rule(request: HttpRequest, key: str) -> HttpResponse:
    """One rule: what it does, what to do about it, how it became so."""
    stored = _stored(key)
    routes = dict(_routes())
    context = {
        "stored": stored,
        "body": stored.body,
        "title": in_language(stored.body.get("title", {})),
        "route": routes.get(stored.body.get("route", ""), stored.body.get("route", "")),
        "clerk": in_language(stored.body.get("runbook", {}).get("clerk", {})),
        "technician": in_language(stored.body.get("runbook", {}).get("technician", {})),
        "versions": rule_differences.versions(selectors.rule_history(key)),
    }
    return render(request, "rules/detail.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change a rule."""
    stored = _stored(key)
    form = _form(request, is_new=False, body=stored.body)
    return _edit(request, form, key, in_language(stored.body.get("title", {})))


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def new(request: HttpRequest) -> HttpResponse:
    """A rule of one's own."""
    form = _form(request, is_new=True, body=_NEW)
    key = request.POST.get("key", "").strip()
    if request.method == "POST" and any(one.key == key for one in selectors.rules()):
        form.add_error("key", _("A rule of this name exists already."))
    return _edit(request, form, key, "")


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def switch(request: HttpRequest, key: str) -> HttpResponse:
    """Disable a rule, or let it count again."""
    stored = _stored(key)
    is_enabled = request.POST.get("is_enabled") == "yes"
    given = {**stored.body, "is_enabled": is_enabled}
    return _do(
        request,
        lambda **who: services.save_rule(given, **who),
        _("The rule counts again.") if is_enabled else _("The rule is disabled."),
        key,
    )


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def revert(request: HttpRequest, key: str) -> HttpResponse:
    """Make a rule what it once was."""
    asked = request.POST.get("version", "")
    if not asked.isdecimal():
        raise Http404("no such version")
    return _do(
        request,
        lambda **who: services.revert_rule(key, int(asked), **who),
        _("The rule is again as it was in version %(n)s.") % {"n": asked},
        key,
    )


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def delete(request: HttpRequest, key: str) -> HttpResponse:
    """Delete a rule of one's own."""
    return _do(
        request,
        lambda **who: services.delete_rule(key, **who),
        _("The rule is deleted. Its history is kept."),
        "",
    )


def _edit(request: HttpRequest, form: RuleForm, key: str, title: str) -> HttpResponse:
    found = None
    if request.method == "POST" and form.is_valid() and (rule := form.check(key)) is not None:
        if "preview" in request.POST:
            found = preview.fires(rule, PREVIEW_DAYS, timezone.now())
        elif _is_saved(request, form, msgspec.to_builtins(rule)):
            messages.success(request, _("The rule is saved, and counts from now on."))
            return redirect("rule", rule.key)
    context = {
        "form": form,
        "key": key,
        "title": title,
        "preview": found,
        "days": PREVIEW_DAYS,
        "metrics": rule_forms.metrics(),
    }
    return render(request, "rules/edit.html", context, status=422 if form.errors else 200)


def _is_saved(request: HttpRequest, form: RuleForm, given: dict[str, Any]) -> bool:
    try:
        services.save_rule(
            given,
            why=form.cleaned_data["why"],
            user=cast(User, request.user),
            address=address_of(request),
        )
    except Refused as err:
        form.add_error(None, str(err))
        return False
    return True


def _do(request: HttpRequest, act: Any, done: str, key: str) -> HttpResponse:
    deeds.do(request, act, done=done, why=request.POST.get("why", "").strip()[:500])
    return redirect("rule", key) if key else redirect("rules")


def _form(request: HttpRequest, *, is_new: bool, body: Mapping[str, Any]) -> RuleForm:
    return RuleForm(
        request.POST if request.method == "POST" else None,
        is_new=is_new,
        initial=rule_forms.initial(body),
        routes=_routes(),
        titles=[(one.key, in_language(one.body.get("title", {}))) for one in selectors.rules()],
    )


def _routes() -> list[tuple[str, str]]:
    return [(route.key, route.title) for route in selectors.routes()]


def _stored(key: str) -> StoredRule:
    every = selectors.rules(with_deleted=True)
    found = next((row for row in every if row.key == key), None)
    if found is None:
        raise Http404(f"no rule {key!r}")
    return found
