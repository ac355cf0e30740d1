"""Editing one section of a layer, tried before it is saved; and going back to what it once said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from controller.accounts.logins import address_of
from controller.configuration import entering, sealed, selectors, services, trial
from controller.configuration.book import book
from controller.configuration.errors import Breaks, Changed, Invalid
from controller.configuration.merge import LayerId, Merged
from controller.configuration.problems import Problem
from controller.errors import NotFound, Refused
from controller.web import configuration_words as words
from controller.web import deeds
from controller.web.configuration import MAY_EDIT, differing, heading, layer_of
from controller.web.configuration_fields import Maker, by_path
from controller.web.configuration_tree import place as place_of

_SHOWN_KIOSKS = 20


@dataclass(slots=True)
class Draft:
    """What somebody is about to have a layer say."""

    said: dict[str, Any]  # secrets are masks
    problems: list[Problem] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # of no one setting
    outcome: Mapping[str, Any] | None = None


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EDIT, raise_exception=True)
def edit(request: HttpRequest, scope: str, place: str, section: str) -> HttpResponse:
    """One section of a layer as a form; saving it changes no kiosk by itself."""
    asked = layer_of(scope, place)
    if section not in words.sections():
        raise Http404(f"no section {section!r}")
    last = selectors.latest(asked)
    draft = Draft(sealed.masked(last.document) if last else {})
    wider = _wider(asked)
    begun: frozenset[str] = frozenset()
    if request.method == "POST":
        form = entering.Form(request.POST.getlist)
        draft.said = entering.entered(section, draft.said, wider, form)
        begun = frozenset(entering.begun(form))
        if "preview" in request.POST:
            _try(asked, draft)
        elif "save" in request.POST and _is_saved(request, asked, draft):
            return redirect("configuration-layer", asked.scope, place_of(asked))
    context = {
        **heading(asked),
        "section": section,
        "form": Maker(by_path(draft.problems), begun).fields(section, draft.said, wider),
        "draft": draft,
        "why": request.POST.get("why", ""),
        "revision": request.POST.get("revision") or (last.pk if last else 0),
    }
    is_wrong = bool(draft.problems or draft.wrong)
    return render(request, "configuration/edit.html", context, status=422 if is_wrong else 200)


@require_POST
@permission_required(MAY_EDIT, raise_exception=True)
def revert(request: HttpRequest, number: int) -> HttpResponse:
    """A layer says again what it said in that revision."""
    try:
        row = selectors.revision(number)
    except NotFound as err:
        raise Http404(str(err)) from err
    asked = LayerId(row.scope, row.place)
    expected = _number(request.POST.get("revision"))

    def act(**given: Any) -> None:
        services.revert(number, expected=expected, **given)

    deeds.do(
        request,
        act,
        done=_("It says again what it said in revision %(n)d.") % {"n": number},
        why=request.POST.get("why", "").strip()[:500],
    )
    return redirect("configuration-history", asked.scope, place_of(asked))


def _try(asked: LayerId, draft: Draft) -> None:
    last = selectors.latest(asked)
    try:
        stored = trial.stored(draft.said, last.document if last else {})
    except Invalid as err:
        draft.problems = list(err.problems)
        return
    found = trial.outcome(asked, stored)
    draft.wrong = words.broken(found.broken)
    draft.outcome = {
        "differences": differing(found.before, found.after),
        "kiosks": found.changes[:_SHOWN_KIOSKS],
        "count": len(found.changes),
    }


def _is_saved(request: HttpRequest, asked: LayerId, draft: Draft) -> bool:
    before = selectors.latest(asked)
    try:
        row = services.edit(
            asked,
            draft.said,
            why=request.POST.get("why", "")[:500],
            user=cast(User, request.user),
            address=address_of(request),
            expected=_number(request.POST.get("revision")),
        )
    except Invalid as err:
        draft.problems = list(err.problems)
    except Breaks as err:
        draft.wrong = words.broken(err.broken)
    except Changed:
        draft.wrong = [
            _("Somebody has changed this meanwhile: open the page again, and edit what is there.")
        ]
    except Refused:
        draft.wrong = [_("Say why: the history and the audit keep it.")]
    else:
        if row == before:
            messages.warning(request, _("Nothing is changed: it says so already."))
        else:
            messages.success(request, _("Saved. Kiosks get it by a rollout."))
        return True
    return False


def _wider(asked: LayerId) -> Merged:
    last, wider = selectors.newest(), selectors.wider(asked)
    merged = book(last.pk if last else None, wider).merged(wider)
    return Merged(sealed.masked(merged.document), merged.sources, merged.removed)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0
