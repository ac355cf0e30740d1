"""What templates say of orders: `{% load acts %}`."""

from collections.abc import Mapping

from django import forms, template

from contract.commands import CATALOGUE, CommandState
from controller.commands.models import Command
from controller.commands.services import permission
from controller.fleet.models import Device
from controller.web import audit_words, batch_forms, catalogue, measures, outcomes, words

register = template.Library()
register.filter("arguments", outcomes.arguments)
register.filter("result_lines", outcomes.lines)
register.filter("progress", outcomes.progress)
register.filter("bytes", measures.size)
register.filter("audit_action", audit_words.action)


@register.simple_tag(takes_context=True)
def may_order(context: template.Context, name: str) -> bool:
    """Whether the reader of the page may order command `name`."""
    return bool(context["request"].user.has_perm(permission(name)))


@register.simple_tag(takes_context=True)
def may_order_any(context: template.Context) -> bool:
    """Whether the reader of the page may order anything at all."""
    user = context["request"].user
    return any(user.has_perm(permission(entry.name)) for entry in CATALOGUE)


@register.simple_tag(takes_context=True)
def acts_for(context: template.Context, device: Device) -> list[catalogue.Act]:
    """What the reader may order about a device."""
    if context["kiosk"].lifecycle == "retired":
        return []
    return catalogue.for_device(context["request"].user, device)


@register.simple_tag
def command_names() -> list[tuple[str, str]]:
    """Every command's name and what it is called, by that."""
    named = [(entry.name, words.word(words.COMMAND, entry.name)) for entry in CATALOGUE]
    return sorted(named, key=lambda pair: pair[1].casefold())


_TABLES: Mapping[str, words.Words] = {
    "batch": batch_forms.STATE,
    "batch_shape": batch_forms.STATE_SHAPE,
    "item": batch_forms.ITEM,
    "item_shape": batch_forms.ITEM_SHAPE,
}


@register.filter
def act_word(key: object, table: str) -> str:
    """`{{ batch.state|act_word:"batch" }}`."""
    return words.word(_TABLES[table], str(key))


@register.filter
def at(names: Mapping[str, str], key: str) -> str:
    """What `names` has for `key`; the key itself when it has none."""
    return names.get(key, key)


@register.filter
def is_waiting(command: Command) -> bool:
    """Whether an order still waits for its kiosk."""
    return command.state in (CommandState.QUEUED, CommandState.SENT)


@register.filter
def is_checkbox(field: forms.BoundField) -> bool:
    """Whether a field is ticked rather than typed."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_ticks(field: forms.BoundField) -> bool:
    """Whether several of a field's choices may be ticked."""
    return isinstance(field.field.widget, forms.CheckboxSelectMultiple)
