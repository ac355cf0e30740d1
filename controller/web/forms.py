"""What pages ask for, checked."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.fleet.models import KioskKind
from controller.fleet.selectors import Filters
from controller.fleet.standing import Standing


def filters(query: QueryDict) -> Filters:
    """The filters in an address. What is not understood is left out, never an error."""
    kind = query.get("kind", "")
    standing = query.get("standing", "")
    page = query.get("page", "")
    return Filters(
        department=query.get("department", "")[:3],
        kind=kind if kind in KioskKind.values else "",
        standing=standing if standing in tuple(Standing) else "",
        text=query.get("q", "").strip()[:100],
        page=int(page) if page.isdecimal() and len(page) < 6 else 1,
    )


class RebootForm(forms.Form):
    """A restart is asked for by typing the kiosk's id and saying why."""

    confirmation = forms.CharField(
        max_length=63,
        error_messages={"required": gettext_lazy("Type the name of the kiosk to confirm.")},
    )
    why = forms.CharField(
        max_length=500,
        error_messages={"required": gettext_lazy("Say why: colleagues will read it.")},
    )

    force = forms.BooleanField(required=False)  # even while a citizen is in session

    def __init__(self, kiosk_id: str, *args: Any, **kwargs: Any) -> None:
        self._kiosk_id = kiosk_id
        super().__init__(*args, **kwargs)

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"].strip()
        if typed != self._kiosk_id:
            raise forms.ValidationError(
                _("You typed “%(typed)s”, and this kiosk is “%(kiosk)s”."),
                params={"typed": typed, "kiosk": self._kiosk_id},
            )
        return typed
