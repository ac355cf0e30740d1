"""What the pages on accounts ask for, checked."""

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.accounts.roles import Role
from controller.web.login_forms import PasswordAgainForm


class PasswordForm(PasswordAgainForm):
    """A new password of one's own, by the old one."""

    new = forms.CharField(
        strip=False, error_messages={"required": gettext_lazy("Type a new password.")}
    )
    again = forms.CharField(
        strip=False, error_messages={"required": gettext_lazy("Type it once more.")}
    )

    def clean_new(self) -> str:
        """Raises ValidationError for a weak one."""
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new

    def clean_again(self) -> str:
        """Raises ValidationError when it differs."""
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise forms.ValidationError(_("The two passwords are not the same."))
        return again


class NewUserForm(forms.Form):
    """Somebody new; how he comes to a password is a link that is shown once."""

    name = forms.CharField(
        max_length=150, error_messages={"required": gettext_lazy("Give a name to log in with.")}
    )
    role = forms.ChoiceField(
        choices=[(str(role), str(role)) for role in Role],
        error_messages={"required": gettext_lazy("Choose a role.")},
    )

    def clean_name(self) -> str:
        """Raises ValidationError for one that cannot be, or that somebody has."""
        name: str = self.cleaned_data["name"]
        for validate in User._meta.get_field("username").validators:
            validate(name)
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("Somebody has this name already: choose another."))
        return name


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(choices=[(str(role), str(role)) for role in Role])
