"""A rule as a form that a person understands, to and from the plain values of alerts.rules.Rule."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.health import Health
from controller.alerts import rules
from controller.alerts.rules import Left, Scope, Severity, Subject, When
from controller.errors import Refused
from controller.fleet.models import KioskKind
from controller.web.alert_words import SCOPE, SEVERITY, SUBJECT, WHEN
from controller.web.amounts import LengthField
from controller.web.measures import metric_name
from controller.web.rule_parts import PARTS, Part
from controller.web.rule_problems import place, said
from controller.web.words import DEVICE_KIND, HEALTH, KIOSK_KIND, METRIC, Words, word

_MONTH_S = 30 * 86_400
LEFT: Words = {
    Left.OPEN: gettext_lazy("it went while its host was open"),
    Left.CLOSED: gettext_lazy("it went while its host was closed, or about to close"),
}
_TEXT = {"rows": 4}


def _choices(words: Words, keys: Iterable[str]) -> list[tuple[str, str]]:
    return [(str(key), word(words, str(key))) for key in keys]


class _Words(forms.CharField):
    """Keywords, one a line or set apart by commas; as a list once they are read."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"})

    def prepare_value(self, value: object) -> object:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        return super().clean(value).replace(",", " ").split()


class RuleForm(forms.Form):
    """What a rule looks for, for how long, how bad that is, who is told, what to do."""

    key = forms.CharField(
        label=gettext_lazy("Short name"),
        max_length=63,
        help_text=gettext_lazy("Small letters, digits and hyphens, such as printer-paper."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    title_fr = forms.CharField(label=gettext_lazy("Title in French"), max_length=150)
    title_en = forms.CharField(label=gettext_lazy("Title in English"), max_length=150)
    is_enabled = forms.BooleanField(label=gettext_lazy("This rule counts"), required=False)

    subject = forms.ChoiceField(
        label=gettext_lazy("It opens when"),
        choices=(),
        widget=forms.Select(attrs={"data-chooses": "parts"}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Devices"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: any device."),
        choices=(),
    )
    only_required = forms.BooleanField(
        label=gettext_lazy("Only devices without which no citizen is received"), required=False
    )
    health = forms.MultipleChoiceField(
        label=gettext_lazy("State"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=(),
    )
    reasons = _Words(
        label=gettext_lazy("Any of these reasons"),
        required=False,
        help_text=gettext_lazy("Keywords such as media-empty, one a line. Empty: any reason."),
    )
    except_reasons = _Words(label=gettext_lazy("None of these reasons"), required=False)
    metric = forms.CharField(
        label=gettext_lazy("Measure"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"list": "metrics", "autocomplete": "off"}),
        help_text=gettext_lazy("Such as temperature_celsius or free_percent."),
    )
    side = forms.ChoiceField(
        label=gettext_lazy("It opens"),
        required=False,
        choices=(("above", gettext_lazy("above")), ("below", gettext_lazy("below"))),
    )
    bound = forms.FloatField(label=gettext_lazy("this value"), required=False, localize=True)
    clear = forms.FloatField(
        label=gettext_lazy("and is over at"),
        required=False,
        localize=True,
        help_text=gettext_lazy("A little further back, so that it does not come and go."),
    )
    conditions = _Words(
        label=gettext_lazy("Conditions of Vigie itself"),
        required=False,
        help_text=gettext_lazy("Such as channel-failing or broker-away."),
    )
    kiosk_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kiosks"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: both kinds."),
        choices=(),
    )
    left = forms.ChoiceField(label=gettext_lazy("Offline kiosks"), required=False, choices=())

    for_s = LengthField(label=gettext_lazy("Once it has lasted"), most=_MONTH_S)
    clear_for_s = LengthField(label=gettext_lazy("It is over once away for"), most=_MONTH_S)
    when = forms.ChoiceField(label=gettext_lazy("It counts"), choices=())
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=())
    route = forms.ChoiceField(label=gettext_lazy("Who is told"), choices=())
    gathers = forms.MultipleChoiceField(
        label=gettext_lazy("One alert for several kiosks of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=(),
    )
    gathers_as = forms.ChoiceField(
        label=gettext_lazy("Such an alert bears the name of"), required=False, choices=()
    )

    clerk_fr = forms.CharField(
        label=gettext_lazy("For the host's desk, in French"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs=_TEXT),
    )
    clerk_en = forms.CharField(
        label=gettext_lazy("For the host's desk, in English"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs=_TEXT),
    )
    technician_fr = forms.CharField(
        label=gettext_lazy("For a technician, in French"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs=_TEXT),
    )
    technician_en = forms.CharField(
        label=gettext_lazy("For a technician, in English"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs=_TEXT),
    )
    why = forms.CharField(
        label=gettext_lazy("Why this change?"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        routes: Iterable[tuple[str, str]],
        titles: Iterable[tuple[str, str]],
        is_new: bool,
        **options: Any,
    ) -> None:
        """`routes` and `titles` (of the rules) are keys with the words for them."""
        super().__init__(*args, **options)
        if not is_new:
            del self.fields["key"]
        offered = {
            "subject": _choices(SUBJECT, Subject),
            "kinds": _choices(DEVICE_KIND, (kind for kind in DEVICE_KIND if kind != "presence")),
            "health": _choices(HEALTH, Health),
            "kiosk_kinds": _choices(KIOSK_KIND, KioskKind.values),
            "left": [("", _("whenever they went")), *_choices(LEFT, Left)],
            "when": _choices(WHEN, When),
            "severity": _choices(SEVERITY, reversed(Severity)),
            "route": list(routes),
            "gathers": _choices(SCOPE, reversed(Scope)),
            "gathers_as": [("", _("this rule")), *titles],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined] # choice fields

    @property
    def parts(self) -> list[tuple[Part, list[forms.BoundField]]]:
        """What it looks for, in parts with their fields."""
        return [(part, [self[name] for name in part.names]) for part in PARTS]

    def check(self, key: str) -> rules.Rule | None:
        """The rule that the form says; None when it says none: the problems are at their fields."""
        try:
            return rules.parse(self.plain(key))
        except Refused as err:
            field = place(str(err))
            self.add_error(field if field in self.fields else None, said(str(err)))
            return None

    def plain(self, key: str) -> dict[str, Any]:
        """The plain values of the rule; the form must be valid."""
        said = self.cleaned_data
        match: dict[str, Any] = {
            "subject": said["subject"],
            "only_required": said["only_required"],
            "threshold": _threshold(said),
            "left": said["left"] or None,
        }
        for name in ("kinds", "health", "reasons", "except_reasons", "conditions", "kiosk_kinds"):
            match[name] = said[name]
        return {
            "key": key,
            "title": {"fr": said["title_fr"], "en": said["title_en"]},
            "match": match,
            **{name: said[name] for name in _SAME},
            "runbook": {
                reader: {"fr": said[f"{reader}_fr"], "en": said[f"{reader}_en"]}
                for reader in ("clerk", "technician")
            },
        }


_SAME = (
    "severity",
    "route",
    "for_s",
    "clear_for_s",
    "when",
    "gathers",
    "gathers_as",
    "is_enabled",
)


def initial(body: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's plain values as the form's first ones."""
    match, runbook = body.get("match", {}), body.get("runbook", {})
    bound = match.get("threshold") or {}
    side = "below" if bound.get("below") is not None else "above"
    return {
        **{name: body.get(name) for name in _SAME},
        **{name: match.get(name) for name in match if name != "threshold"},
        **{
            f"title_{language}": body.get("title", {}).get(language, "")
            for language in ["fr", "en"]
        },
        **{
            f"{reader}_{language}": runbook.get(reader, {}).get(language, "")
            for reader in ("clerk", "technician")
            for language in ("fr", "en")
        },
        "metric": bound.get("metric", ""),
        "side": side,
        "bound": bound.get(side),
        "clear": bound.get("clear"),
    }


def metrics() -> list[tuple[str, str]]:
    """The measures that a rule may look at, with what they are called."""
    return [(name, metric_name(name)) for name in METRIC]


def _threshold(said: Mapping[str, Any]) -> dict[str, Any] | None:
    if not said["metric"]:
        return None
    bound = {"metric": said["metric"], said["side"] or "above": said["bound"]}
    return {**bound, "clear": said["bound"] if said["clear"] is None else said["clear"]}
