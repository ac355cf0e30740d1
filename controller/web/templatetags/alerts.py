"""What templates say of alerts and of telling people: `{% load alerts %}`."""

import re
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from controller.alerts.preview import Example
from controller.fleet.reasons import reason
from controller.web import (
    alert_lists,
    alert_words,
    measures,
    notice_words,
    rule_forms,
    words,
)

register = template.Library()

_TABLES: Mapping[str, words.Words] = {
    "severity": alert_words.SEVERITY,
    "severity_shape": alert_words.SEVERITY_SHAPE,
    "state": alert_words.STATE,
    "cause": alert_words.CAUSE,
    "scope": alert_words.SCOPE,
    "subject": alert_words.SUBJECT,
    "when": alert_words.WHEN,
    "condition": alert_words.CONDITION,
    "left": rule_forms.LEFT,
    "notice": notice_words.STATE,
    "notice_shape": notice_words.SHAPE,
    "notice_kind": notice_words.KIND,
    "channel": notice_words.CHANNEL,
}


@register.filter
def alert_word(key: object, table: str) -> str:
    """`{{ alert.severity|alert_word:"severity" }}`."""
    return words.word(_TABLES[table], str(key))


@register.simple_tag
def untaken_alerts() -> int:
    """How many open alerts nobody has taken up: the number beside the menu's word."""
    return alert_lists.count_untaken()


@register.filter
def preview_example(example: Example) -> str:
    """`12 Nov, 14:03: pvp-63003-1, out of paper (35 min)`."""
    parts = [example.culprit, *(reason(keyword) for keyword in example.reasons)]
    text = _("%(when)s: %(what)s") % {
        "when": measures.moment_short(example.fired_at),
        "what": ", ".join(parts),
    }
    if example.resolved_at is None:
        return text
    lasted_s = (example.resolved_at - example.fired_at).total_seconds()
    return f"{text} ({measures.duration(lasted_s)})"


_CODE = re.compile(r"`([^`\n]+)`")


@register.filter
def with_code(text: str) -> SafeString:
    """A runbook's text as HTML, what stands between backticks as code.

    >>> with_code("See `runtime_s` & <b>")
    'See <code>runtime_s</code> &amp; &lt;b&gt;'
    """
    parts = _CODE.split(text)  # text and code in turn
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", one) if at % 2 else one,) for at, one in enumerate(parts)),
    )


@register.filter
def bound(threshold: Mapping[str, Any]) -> str:
    """`Temperature above 85 °C, over at 75 °C`."""
    metric, clear = str(threshold["metric"]), threshold["clear"]
    side = "below" if threshold.get("below") is not None else "above"
    text = _("%(metric)s above %(bound)s, over at %(clear)s")
    if side == "below":
        text = _("%(metric)s below %(bound)s, over at %(clear)s")
    return text % {
        "metric": measures.metric_name(metric),
        "bound": measures.metric(metric, threshold[side]),
        "clear": measures.metric(metric, clear),
    }
