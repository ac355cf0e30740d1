"""What the login's pages ask for, checked, and slowed down where it is guessed."""

import math
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from controller.accounts import logins, second_factor, throttle


def require_no_wait(request: HttpRequest, name: str) -> None:
    """Raises ValidationError saying how long, while this name has to wait at this address."""
    address, now = logins.address_of(request), timezone.now()
    left = throttle.wait(name, address, now)
    if not left:
        return
    throttle.note_wait(name, address, now)
    minutes = math.ceil(left / timedelta(minutes=1))
    raise forms.ValidationError(
        ngettext(
            "Too many failed attempts. Try again in %(count)d minute.",
            "Too many failed attempts. Try again in %(count)d minutes.",
            minutes,
        )
        % {"count": minutes}
    )


class LoginForm(AuthenticationForm):
    """Name and password; too many wrong ones have to wait."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError, without looking at the password, while there is a wait."""
        if self.request is not None:
            require_no_wait(self.request, self.cleaned_data.get("username", ""))
        return super().clean()


class CodeForm(forms.Form):
    """A code of the app, or a recovery code where that will do."""

    code = forms.CharField(
        max_length=40, error_messages={"required": gettext_lazy("Type the code.")}
    )

    def __init__(self, request: HttpRequest, user: User, *args: Any, **kwargs: Any) -> None:
        self.request, self.user = request, user
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        """Raises ValidationError for a wrong code, and while there is a wait."""
        require_no_wait(self.request, self.user.username)
        code: str = self.cleaned_data["code"]
        if not self.is_right(code):
            logins.fail(self.request, self.user.username)
            raise forms.ValidationError(
                _("This code is not right, or was used already: type the one shown now.")
            )
        return code

    def is_right(self, code: str) -> bool:
        """Whether it is a code of the second factor that counts."""
        address = logins.address_of(self.request)
        return second_factor.verify(self.user, code, timezone.now(), address=address)


class FirstCodeForm(CodeForm):
    """The code that turns a second factor on; `codes` are then the recovery codes."""

    codes: tuple[str, ...] = ()

    def is_right(self, code: str) -> bool:
        """Whether it is a code of the app that was just set up."""
        address = logins.address_of(self.request)
        codes = second_factor.confirm(self.user, code, timezone.now(), address=address)
        self.codes = codes or ()
        return codes is not None


class PasswordAgainForm(forms.Form):
    """The password, asked again before something that a passer-by must not do."""

    password = forms.CharField(
        strip=False, error_messages={"required": gettext_lazy("Type your password.")}
    )

    def __init__(self, request: HttpRequest, user: User, *args: Any, **kwargs: Any) -> None:
        self.request, self.user = request, user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        """Raises ValidationError for a wrong password, and while there is a wait."""
        require_no_wait(self.request, self.user.username)
        password: str = self.cleaned_data["password"]
        found = authenticate(self.request, username=self.user.username, password=password)
        if found != self.user:
            raise forms.ValidationError(_("This is not your password."))
        return password
