"""What templates say in words: `{% load vigie %}`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from contract.commands import CommandState
from controller.accounts.roles import role_of
from controller.fleet.equipment import Item
from controller.fleet.models import Device, Kiosk
from controller.fleet.reasons import reason
from controller.fleet.selectors import Filters, FleetView
from controller.fleet.standing import Standing
from controller.ingest.models import Gap
from controller.web import (
    answers,
    facts,
    groups,
    happenings,
    measures,
    receipts,
    shapes,
    words,
)

register = template.Library()
register.simple_tag(shapes.shape, name="shape")
register.filter("duration", measures.duration)
register.filter("moment", measures.moment)
register.filter("moment_short", measures.moment_short)
register.filter("since", measures.since)
register.filter("clock", measures.clock)
register.filter("life", receipts.life)
register.filter("comparison", receipts.comparison)
register.simple_tag(receipts.summary, name="outcome")
register.filter("hours", words.opening_hours)
register.filter("timeline", happenings.timeline)
register.filter("groups", groups.groups)

_TABLES: Mapping[str, words.Words] = {
    "health": words.HEALTH,
    "health_turn": words.HEALTH_TURN,
    "standing": words.STANDING,
    "verdict": words.VERDICT,
    "kiosk_kind": words.KIOSK_KIND,
    "lifecycle": words.LIFECYCLE,
    "host": words.HOST,
    "department": words.DEPARTMENT,
    "device_kind": words.DEVICE_KIND,
    "equipment": words.EQUIPMENT,
    "equipment_shape": words.EQUIPMENT_SHAPE,
    "presence": words.PRESENCE,
    "presence_reason": words.PRESENCE_REASON,
    "command": words.COMMAND,
    "command_state": words.COMMAND_STATE,
    "role": words.ROLE,
}
#: Measures that say most about a kind of device, most telling first.
_MAIN: Mapping[str, tuple[str, ...]] = {
    "system": ("cpu_percent", "memory_percent", "temperature_celsius", "uptime_s"),
    "storage": ("free_bytes", "free_percent"),
    "network": ("rtt_ms", "jitter_ms", "loss_percent"),
    "agent": ("rss_bytes", "cpu_percent"),
    "wifi": ("signal_dbm", "rate_mbps"),
    "modem": ("signal_percent",),
    "video-platform": ("connect_ms", "tls_ms"),
    "ups": ("charge_percent", "runtime_s", "load_percent"),
}
_MAIN_COUNT = 3


@register.filter(name="word")
def word(key: str, table: str) -> str:
    """`{{ device.health|word:"health" }}`."""
    return words.word(_TABLES[table], str(key))


@register.filter(name="reasons")
def reasons_text(keywords: list[str]) -> str:
    """Keywords in words, as one phrase that begins with a capital."""
    return str(capfirst(", ".join(reason(keyword) for keyword in keywords)))


@register.filter
def device_name(device: Device) -> str:
    """`Printer`, or `Printer (counter)` where a kiosk may have several."""
    return _name(device.device, device.kind)


@register.filter
def item_name(item: Item) -> str:
    """The same, of a peripheral in the list of what must be there."""
    return _name(item.id, item.kind)


def _name(identifier: str, kind: str) -> str:
    for name in (identifier, kind):
        if name in words.DEVICE_KIND:
            known = words.word(words.DEVICE_KIND, name)
            return known if name == identifier else f"{known} ({identifier})"
    return identifier


@register.filter
def main_metrics(device: Device) -> list[tuple[str, str]]:
    """Name and value of what says most about a device."""
    return [_measure(name, device.metrics[name]) for name in _main(device)]


@register.filter
def other_metrics(device: Device) -> list[tuple[str, str]]:
    """Name and value of every other measure."""
    main = _main(device)
    return [
        _measure(name, value) for name, value in sorted(device.metrics.items()) if name not in main
    ]


@register.simple_tag(takes_context=True)
def ago(context: template.Context, moment: datetime) -> SafeString:
    """How long ago, with the full moment at hand."""
    now = context.get("now") or timezone.now()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        measures.moment(moment),
        measures.ago(moment, now),
    )


register.filter("command_reason", answers.answer)


@register.filter
def command_shape(state: str) -> str:
    """How the state of a command is drawn."""
    return words.COMMAND_SHAPE.get(state, "unknown")


@register.filter
def is_over(state: str) -> bool:
    """Whether a command has come to its end."""
    return CommandState(state).is_final


@register.simple_tag(takes_context=True)
def role(context: template.Context) -> str:
    """The role of the reader, empty without one."""
    return str(role_of(context["request"].user) or "")


@register.filter
def cursor(moment: datetime | None) -> str:
    """What the live stream takes as `since`."""
    return f"{moment.timestamp():.6f}" if moment else "0"


@register.filter
def tallies(fleet: FleetView) -> list[tuple[Standing, int]]:
    """How many kiosks stand where, worst first, without those that none stands in."""
    return [(name, count) for name in Standing if (count := fleet.by_standing.get(name, 0))]


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changed: Any) -> str:
    """The address of the fleet page with some of its filters changed; None takes one away."""
    filters: Filters = context["fleet"].filters
    asked = {
        "q": filters.text,
        "department": filters.department,
        "kind": filters.kind,
        "standing": filters.standing,
        "page": filters.page if filters.page > 1 else None,
    } | changed
    text = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('fleet')}?{text}" if text else reverse("fleet")


@register.filter
def lower_first(text: str) -> str:
    """A phrase made fit to stand after a colon."""
    return text[:1].lower() + text[1:]


@register.filter
def all_facts(device: Device) -> list[tuple[str, str]]:
    """Name and value of every fact."""
    return [(facts.name(name), facts.value(name, said)) for name, said in device.facts.items()]


@register.filter
def gap_count(gap: Gap) -> int:
    """How many messages a gap holds."""
    return gap.last - gap.first + 1


@register.filter
def place(kiosk: Kiosk) -> str:
    """`Ambert (63)`."""
    return f"{kiosk.site.commune} ({kiosk.site.department})"


def _main(device: Device) -> list[str]:
    names = [name for name in _MAIN.get(device.kind, ()) if name in device.metrics]
    names += [name for name in device.metrics if name in words.METRIC and name not in names]
    return names[:_MAIN_COUNT]


def _measure(name: str, value: float) -> tuple[str, str]:
    return measures.metric_name(name), measures.metric(name, value)
