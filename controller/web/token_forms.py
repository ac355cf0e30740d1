"""An API token of one's own: what it is for, what it may do, for how long."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.commands import CATALOGUE
from controller.accounts import selectors
from controller.accounts.scopes import Scope
from controller.commands.services import permission
from controller.web.login_forms import PasswordAgainForm
from controller.web.words import Words, word

SCOPE: Words = {
    Scope.ACT: gettext_lazy("Give orders"),
    Scope.ALERTS: gettext_lazy("Take alerts up and mute them"),
    Scope.CONFIGURE: gettext_lazy("Change rules, routes, channels and contacts"),
    Scope.ADMIN: gettext_lazy("Manage users and tokens, read the audit"),
}
#: Without one of these rights of its user, a scope would open nothing.
_RIGHTS: Mapping[Scope, tuple[str, ...]] = {
    Scope.ACT: tuple(permission(entry.name) for entry in CATALOGUE),
    Scope.ALERTS: ("alerts.acknowledge",),
    Scope.CONFIGURE: ("alerts.edit_rules", "notify.edit_channels"),
    Scope.ADMIN: ("auth.view_user", "accounts.view_auditentry"),
}
LIFETIMES: Words = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("one year"),
}


class TokenForm(PasswordAgainForm):
    """By the password, as whatever outlives a session; who has none here is not asked for it."""

    label = forms.CharField(
        label=gettext_lazy("What is it for?"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say what it is for, such as a script's name.")},
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Beside reading, it may"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=(),
        help_text=gettext_lazy("Never more than you may yourself."),
    )
    lifetime = forms.ChoiceField(
        label=gettext_lazy("It is good for"),
        choices=[(key, text) for key, text in LIFETIMES.items()],
    )

    def __init__(self, request: HttpRequest, user: User, *args: Any, **options: Any) -> None:
        super().__init__(request, user, *args, **options)
        offered = [
            (str(scope), word(SCOPE, scope)) for scope in SCOPE if _opens(Scope(scope), user)
        ]
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined] # a choice field
        self.fields["password"].label = _("Present password")
        self.fields["password"].widget = forms.PasswordInput(
            attrs={"autocomplete": "current-password"}
        )
        if selectors.is_from_provider(user):
            del self.fields["password"]
        self.order_fields(("label", "scopes", "lifetime", "password"))

    def clean_lifetime(self) -> timedelta:
        return timedelta(days=int(self.cleaned_data["lifetime"]))


def _opens(scope: Scope, user: User) -> bool:
    return any(user.has_perm(right) for right in _RIGHTS[scope])
