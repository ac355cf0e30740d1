"""The form of an order: its fields are made of the contract's own schema, so the two never part."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from msgspec import inspect

from contract.commands import CommandSpec, parse_args
from contract.errors import CommandError
from controller.fleet.models import Device
from controller.web.amounts import LengthField, SizeField
from controller.web.words import DEVICE_KIND, Words, word

_LABELS: Words = {
    "delay_s": gettext_lazy("Wait before it"),
    "device": gettext_lazy("Device"),
    "for_s": gettext_lazy("For how long"),
    "units": gettext_lazy("Services"),
    "since_s": gettext_lazy("How far back"),
    "max_bytes": gettext_lazy("At most"),
    "text": gettext_lazy("Message"),
    "is_dry_run": gettext_lazy("Only say what would change"),
}
_HELP: Words = {
    "units": gettext_lazy("One a line, such as cups.service. Empty: the kiosk's own services."),
    "text": gettext_lazy("Empty: the name of the kiosk."),
    "delay_s": gettext_lazy("Empty: at once."),
}


class ArgumentsForm(forms.Form):
    """The arguments of one command, and why it is given."""

    why = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say why: colleagues will read it.")},
    )

    def __init__(
        self, entry: CommandSpec, devices: Iterable[Device] | None, *args: Any, **options: Any
    ) -> None:
        """`devices` are the kiosk's; None when kiosks are many, and a device's id is typed."""
        super().__init__(*args, **options)
        self.entry = entry
        wanted = cast(inspect.StructType, inspect.type_info(entry.args))  # of every entry's args
        self.argument_names = tuple(field.name for field in wanted.fields)
        made = {field.name: _field(field, entry, devices) for field in wanted.fields}
        self.fields = {**made, **self.fields}
        self.fields["why"].required = entry.is_disruptive

    @property
    def argument_fields(self) -> list[forms.BoundField]:
        """The fields of the arguments alone."""
        return [self[name] for name in self.argument_names]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments as the contract has them; what was left empty is left out."""
        said = {name: self.cleaned_data.get(name) for name in self.argument_names}
        return {name: value for name, value in said.items() if value not in (None, "", [])}

    def clean(self) -> dict[str, Any]:
        """What the fields let through and the contract does not is said of the form."""
        if not self.errors:
            try:
                parse_args(self.entry.name, self.arguments)
            except CommandError as err:
                raise forms.ValidationError(str(err)) from err
        return self.cleaned_data


class OrderForm(ArgumentsForm):
    """An order to one kiosk: a disruptive one is confirmed by typing the kiosk's id."""

    confirmation = forms.CharField(
        max_length=63,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": gettext_lazy("Type the name of the kiosk to confirm.")},
    )
    force = forms.BooleanField(
        required=False, label=gettext_lazy("Do it all the same, and interrupt the session")
    )

    def __init__(
        self,
        entry: CommandSpec,
        devices: Iterable[Device],
        kiosk_id: str,
        *args: Any,
        may_force: bool,
        **options: Any,
    ) -> None:
        super().__init__(entry, devices, *args, **options)
        self._kiosk_id = kiosk_id
        self.fields["confirmation"].label = _("Type %(kiosk)s to confirm") % {"kiosk": kiosk_id}
        if not entry.is_disruptive:
            del self.fields["confirmation"]
        if not may_force or not entry.yields_to_session:
            del self.fields["force"]

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"].strip()
        if typed != self._kiosk_id:
            raise forms.ValidationError(
                _("You typed “%(typed)s”, and this kiosk is “%(kiosk)s”."),
                params={"typed": typed, "kiosk": self._kiosk_id},
            )
        return typed

    def clean(self) -> dict[str, Any]:
        """A session is interrupted only for a reason."""
        cleaned = super().clean()
        if cleaned.get("force") and not cleaned.get("why") and "why" not in self.errors:
            self.add_error("why", _("Say why a session may be interrupted."))
        return cleaned


class _Lines(forms.CharField):
    """Words, one a line; as a list once they are read."""

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        return super().clean(value).split()


def _field(
    field: inspect.Field, entry: CommandSpec, devices: Iterable[Device] | None
) -> forms.Field:
    options: dict[str, Any] = {
        "label": word(_LABELS, field.name),
        "help_text": word(_HELP, field.name) if field.name in _HELP else "",
        "required": field.required,
    }
    if field.default not in (msgspec.NODEFAULT, (), "", None):
        options["initial"] = field.default
    if field.name == "device":
        return _device_field(options, entry, devices)
    match field.type:
        case inspect.BoolType():
            return forms.BooleanField(**options | {"required": False})
        case inspect.IntType(ge=least, le=most) if field.name.endswith("_s"):
            return LengthField(least=least or 0, most=most or 86_400, **options)
        case inspect.IntType(ge=least, le=most) if field.name.endswith("_bytes"):
            return SizeField(least=least or 0, most=most or 2**31, **options)
        case inspect.IntType(ge=least, le=most):
            return forms.IntegerField(min_value=least, max_value=most, **options)
        case inspect.VarTupleType():
            return _Lines(widget=forms.Textarea(attrs={"rows": 3}), **options)
        case inspect.StrType(max_length=most):
            return forms.CharField(max_length=most, **options)
    raise TypeError(f"argument {field.name} of {entry.name} is {field.type}: no form field for it")


def _device_field(
    options: dict[str, Any], entry: CommandSpec, devices: Iterable[Device] | None
) -> forms.Field:
    if devices is None:
        return forms.CharField(max_length=64, **options)
    fitting = [device for device in devices if device.kind in entry.kinds]
    choices = [(device.device, _device_name(device)) for device in fitting]
    if not options["required"]:
        choices.insert(0, ("", _("All that there are")))
    elif len(choices) == 1:
        options["initial"] = choices[0][0]
    return forms.ChoiceField(choices=choices, **options)


def _device_name(device: Device) -> str:
    known = word(DEVICE_KIND, device.kind)
    return known if device.device == device.kind else f"{known} ({device.device})"
