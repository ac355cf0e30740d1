"""Forms of the ways to reach people, one a kind, and of the people themselves.

A secret is written and never read: an empty field keeps the one there is.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.alerts.rules import Severity
from controller.fleet.models import Department
from controller.notify.models import Channel, Contact
from controller.web.alert_words import SEVERITY

#: How many ways are offered at least.
ADDRESSES = 4


class KeyField(forms.SlugField):
    """What a thing is called in files and addresses; never changed afterwards."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Short name"))
        options.setdefault(
            "help_text", gettext_lazy("Small letters, digits and hyphens; it stays for good.")
        )
        super().__init__(max_length=63, **options)
        wrong = gettext_lazy("Small letters, digits and hyphens only, beginning with a letter.")
        self.validators = [RegexValidator(r"^[a-z][a-z0-9-]*\Z", wrong)]
        self.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class _ChannelForm(forms.Form):
    """What every channel has."""

    key = KeyField()
    title = forms.CharField(label=gettext_lazy("Title"), max_length=150)
    is_enabled = forms.BooleanField(
        label=gettext_lazy("Messages go out by it"), required=False, initial=True
    )
    settings: tuple[str, ...] = ()
    needs_secret = False
    secret_label = gettext_lazy("Secret")
    secret_help: Any = ""

    def __init__(
        self, *args: Any, channel: Channel | None, has_secret: bool, **options: Any
    ) -> None:
        if channel is not None:
            options["initial"] = {
                "title": channel.title,
                "is_enabled": channel.is_enabled,
                **channel.settings,
            }
        super().__init__(*args, **options)
        if channel is not None:
            del self.fields["key"]
        self.fields["secret"] = forms.CharField(
            label=self.secret_label,
            required=self.needs_secret and not has_secret,
            max_length=1000,
            strip=True,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=_("One is kept; it is never shown. Leave this empty to keep it.")
            if has_secret
            else self.secret_help,
        )

    @property
    def setting_values(self) -> dict[str, Any]:
        """The channel's own settings."""
        return {name: self.cleaned_data[name] for name in self.settings}

    @property
    def secret(self) -> str | None:
        """The new secret; None keeps the one there is."""
        return self.cleaned_data["secret"] or None


class SmtpForm(_ChannelForm):
    """A mail server."""

    host = forms.CharField(label=gettext_lazy("Server"), max_length=255, initial="localhost")
    port = forms.IntegerField(
        label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587, localize=False
    )
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=(
            ("starttls", gettext_lazy("STARTTLS")),
            ("tls", gettext_lazy("TLS from the start")),
            ("none", gettext_lazy("none")),
        ),
    )
    sender = forms.EmailField(label=gettext_lazy("Sender's address"))
    user = forms.CharField(label=gettext_lazy("Login"), max_length=255, required=False)
    ca_file = forms.CharField(
        label=gettext_lazy("File of the server's authority"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Empty: the authorities that this machine trusts."),
    )
    settings = ("host", "port", "security", "sender", "user", "ca_file")
    secret_label = gettext_lazy("Password")

    def clean(self) -> dict[str, Any]:
        """A password is never sent in the clear."""
        said = self.cleaned_data
        if said.get("user") and said.get("security") == "none":
            self.add_error("security", _("A login needs encryption: its password would be read."))
        return said


class AppriseForm(_ChannelForm):
    """Anything that Apprise knows, by its URL."""

    needs_secret = True
    secret_label = gettext_lazy("Apprise URL")
    secret_help = gettext_lazy(
        "Such as ntfys://ntfy.sh/my-topic; it holds tokens, so it is never shown again."
    )


class _UrlForm(_ChannelForm):
    url = forms.URLField(label=gettext_lazy("Address"), max_length=500, assume_scheme="https")
    settings = ("url",)


class WebhookForm(_UrlForm):
    """An address that is told by signed messages."""

    needs_secret = True
    secret_label = gettext_lazy("Signing key")
    secret_help = gettext_lazy("The receiver verifies with the same key.")


class AlertmanagerForm(_UrlForm):
    """Prometheus Alertmanager."""

    secret_label = gettext_lazy("Access token")
    secret_help = gettext_lazy("Empty where none is asked for.")


FORMS: dict[str, type[_ChannelForm]] = {
    Channel.Kind.SMTP: SmtpForm,
    Channel.Kind.APPRISE: AppriseForm,
    Channel.Kind.WEBHOOK: WebhookForm,
    Channel.Kind.ALERTMANAGER: AlertmanagerForm,
}


class ContactForm(forms.Form):
    """A person or a team: how and of what they are told."""

    key = KeyField()
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=(("fr", "Français"), ("en", "English"))
    )
    is_enabled = forms.BooleanField(
        label=gettext_lazy("Is told at present"), required=False, initial=True
    )
    least_severity = forms.ChoiceField(label=gettext_lazy("Told from"), choices=())
    departments = forms.MultipleChoiceField(
        label=gettext_lazy("Only of these departments"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=Department.choices,
        help_text=gettext_lazy("None ticked: of all."),
    )
    digest_at = forms.TimeField(
        label=gettext_lazy("One summary a day at"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Empty: each message at once."),
    )

    def __init__(
        self,
        *args: Any,
        contact: Contact | None,
        channels: Iterable[Channel],
        **options: Any,
    ) -> None:
        self._kinds = {channel.key: channel.kind for channel in channels}
        if contact is not None:
            options["initial"] = _initial(contact)
        super().__init__(*args, **options)
        known = contact.addresses.count() if contact is not None else 0
        self._numbers = range(1, max(ADDRESSES, known + 1) + 1)
        if contact is not None:
            del self.fields["key"]
        severities = [(str(one), str(SEVERITY[one])) for one in Severity]
        self.fields["least_severity"].choices = severities  # type: ignore[attr-defined]
        offered = [("", "–"), *((channel.key, channel.title) for channel in channels)]
        for number in self._numbers:
            self.fields[f"channel_{number}"] = forms.ChoiceField(
                label=_("Way %(n)s") % {"n": number}, required=False, choices=offered
            )
            self.fields[f"address_{number}"] = forms.CharField(
                label=_("Address %(n)s") % {"n": number}, required=False, max_length=255
            )

    def clean(self) -> dict[str, Any]:
        """An e-mail needs an address; of the others the channel itself says it all."""
        said = self.cleaned_data
        for number in self._numbers:
            address = said.get(f"address_{number}", "")
            kind = self._kinds.get(said.get(f"channel_{number}", ""))
            if kind == Channel.Kind.SMTP and not _is_mail(address):
                self.add_error(
                    f"address_{number}", _("Write an address such as marie@example.org.")
                )
            elif kind not in (None, Channel.Kind.SMTP) and address:
                self.add_error(f"address_{number}", _("Leave this empty: the channel says it all."))
        return said

    @property
    def ways(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Fields of channel and address, pair by pair."""
        return [(self[f"channel_{number}"], self[f"address_{number}"]) for number in self._numbers]

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """(channel, address) of every pair that names a channel."""
        said = self.cleaned_data
        pairs = [(said[f"channel_{number}"], said[f"address_{number}"]) for number in self._numbers]
        return [pair for pair in pairs if pair[0]]


def _is_mail(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _initial(contact: Contact) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": contact.name,
        "language": contact.language,
        "is_enabled": contact.is_enabled,
        "least_severity": contact.least_severity,
        "departments": contact.departments,
        "digest_at": contact.digest_at,
    }
    for number, way in enumerate(contact.addresses.all(), start=1):
        values |= {f"channel_{number}": way.channel_id, f"address_{number}": way.address}
    return values
