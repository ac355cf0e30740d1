"""Forms of silences and maintenance, and of routes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from controller.alerts.models import Route, Silence
from controller.fleet.models import Department, Kiosk, Site
from controller.web.alert_forms import Moment, ending
from controller.web.amounts import LengthField
from controller.web.channel_forms import KeyField
from controller.web.words import DEVICE_KIND, Words, word

PURPOSE: Words = {
    Silence.Purpose.SILENCE: gettext_lazy("Muted: it is known, nobody is told"),
    Silence.Purpose.MAINTENANCE: gettext_lazy("Maintenance: it is worked on, no alert opens"),
}
PLACES = ("department", "site", "kiosk")
#: How many steps are offered at least.
STEPS = 4


class SilenceForm(forms.Form):
    """What is covered, from when to when, and why.

    No place at all would be every place, by an oversight: that must be ticked.
    """

    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"), choices=[(str(key), text) for key, text in PURPOSE.items()]
    )
    department = forms.ChoiceField(
        label=gettext_lazy("Department"),
        required=False,
        choices=[("", gettext_lazy("All")), *Department.choices],
    )
    site = forms.ChoiceField(label=gettext_lazy("Site"), required=False, choices=())
    kiosk = forms.CharField(
        label=gettext_lazy("Kiosk"),
        required=False,
        max_length=63,
        widget=forms.TextInput(
            attrs={"list": "kiosks", "autocomplete": "off", "autocapitalize": "none"}
        ),
    )
    everywhere = forms.BooleanField(
        label=gettext_lazy("The whole region: every kiosk of every site"), required=False
    )
    rule = forms.ChoiceField(label=gettext_lazy("Rule"), required=False, choices=())
    kind = forms.ChoiceField(label=gettext_lazy("Devices"), required=False, choices=())
    starts_at = Moment(label=gettext_lazy("From"), required=False)
    ends_at = Moment(label=gettext_lazy("Until"))
    why = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say why: colleagues will read it.")},
    )

    def __init__(self, *args: Any, titles: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        everything = ("", _("All"))
        every_rule = ("", pgettext("alerts, rules", "All"))
        sites = Site.objects.values_list("code", "commune", "name")
        kinds = [(kind, word(DEVICE_KIND, kind)) for kind in DEVICE_KIND]
        for name, choices in (
            ("site", [(code, f"{commune} · {title}") for code, commune, title in sites]),
            ("kind", kinds),
        ):
            self.fields[name].choices = [everything, *choices]  # type: ignore[attr-defined]
        self.fields["rule"].choices = [every_rule, *titles]  # type: ignore[attr-defined]

    def clean_kiosk(self) -> Kiosk | None:
        name = self.cleaned_data["kiosk"].strip()
        found = Kiosk.objects.filter(pk=name).first() if name else None
        if name and found is None:
            raise forms.ValidationError(_("There is no kiosk of this name."))
        return found

    def clean_ends_at(self) -> Any:
        return ending(self, self.cleaned_data.get("starts_at") or timezone.now())

    def clean(self) -> dict[str, Any]:
        """Either a place or, ticked, everywhere."""
        said = self.cleaned_data
        has_place = any(said.get(name) for name in PLACES) or "kiosk" in self.errors
        if not has_place and not said.get("everywhere"):
            text = _("Choose a department, a site or a kiosk, or tick the whole region.")
            self.add_error("everywhere", text)
        elif has_place and said.get("everywhere"):
            text = _("A place is chosen above: leave it empty, or do not tick the whole region.")
            self.add_error("everywhere", text)
        return said

    def plain(self) -> dict[str, Any]:
        """What the service is given; the form must be valid."""
        return {name: said for name, said in self.cleaned_data.items() if name != "everywhere"}


class RouteForm(forms.Form):
    """Who is told first, and who next when nobody takes it up."""

    key = KeyField()
    title = forms.CharField(label=gettext_lazy("Title"), max_length=150)

    def __init__(
        self,
        *args: Any,
        route: Route | None,
        contacts: Iterable[tuple[str, str]],
        **options: Any,
    ) -> None:
        if route is not None:
            options["initial"] = {"title": route.title}
            for number, step in enumerate(route.steps, start=1):
                options["initial"] |= {
                    f"after_{number}": step.get("after_s", 0),
                    f"contacts_{number}": step.get("contacts", []),
                }
        super().__init__(*args, **options)
        known = len(route.steps) if route is not None else 0
        self._numbers = range(1, max(STEPS, known + 1) + 1)
        if route is not None:
            del self.fields["key"]
        offered = list(contacts)
        for number in self._numbers:
            self.fields[f"after_{number}"] = LengthField(
                label=_("When it has been open for"), required=False, most=7 * 86_400
            )
            self.fields[f"contacts_{number}"] = forms.MultipleChoiceField(
                label=_("Tell"),
                required=False,
                choices=offered,
                widget=forms.CheckboxSelectMultiple,
            )

    def clean(self) -> dict[str, Any]:
        """Two steps at the same time are one."""
        said, seen = self.cleaned_data, set()
        for number in self._numbers:
            after_s = said.get(f"after_{number}") or 0
            if said.get(f"contacts_{number}") and after_s in seen:
                self.add_error(f"after_{number}", _("Another step has this time already."))
            elif said.get(f"contacts_{number}"):
                seen.add(after_s)
        return said

    @property
    def step_fields(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        """Number, delay and contacts of each step."""
        return [
            (number, self[f"after_{number}"], self[f"contacts_{number}"])
            for number in self._numbers
        ]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps that tell somebody, the soonest first."""
        said = self.cleaned_data
        found = [
            {
                "after_s": said[f"after_{number}"] or 0,
                "contacts": said[f"contacts_{number}"],
            }
            for number in self._numbers
            if said[f"contacts_{number}"]
        ]
        return sorted(found, key=lambda step: step["after_s"])
