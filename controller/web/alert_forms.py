"""What is said of an alert: taken up, noted, muted."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.alerts.models import Alert

UNTIL_H = 4
LONGEST = timedelta(days=366)


class NoteForm(forms.Form):
    """Something for colleagues to read."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write the note first.")},
    )


class AcknowledgeForm(NoteForm):
    """The same, which may be left empty: taking it up is news enough."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class Moment(forms.DateTimeField):
    """A day and a time, by the browser's own picker."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def ending(form: forms.Form, starts_at: datetime) -> datetime:
    """The form's `ends_at`, checked. Raises ValidationError."""
    ends_at: datetime = form.cleaned_data["ends_at"]
    if ends_at <= starts_at:
        raise forms.ValidationError(_("It ends before it begins."))
    if ends_at > starts_at + LONGEST:
        raise forms.ValidationError(_("It must end within a year."))
    return ends_at


class MuteForm(forms.Form):
    """Nobody is told of this alert, or of its kiosk, until a moment."""

    reach = forms.ChoiceField(label=gettext_lazy("What"), choices=())
    ends_at = Moment(label=gettext_lazy("Until"))
    why = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say why: colleagues will read it.")},
    )

    def __init__(self, alert: Alert, *args: Any, **options: Any) -> None:
        later = timezone.localtime(timezone.now() + timedelta(hours=UNTIL_H))
        options.setdefault("initial", {"ends_at": later.replace(second=0, microsecond=0)})
        super().__init__(*args, **options)
        reaches = [("alert", _("This alert alone"))]
        if alert.kiosk_id:
            reaches.append(("kiosk", _("All alerts of this kiosk")))
        self.fields["reach"].choices = reaches  # type: ignore[attr-defined] # a ChoiceField

    def clean_ends_at(self) -> datetime:
        return ending(self, timezone.now())
