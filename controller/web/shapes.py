"""A shape for each state, so that colour never carries meaning alone."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

#: Paths in a 16 x 16 box. The outline differs too, not only what is inside.
SHAPES: dict[str, str] = {
    # a disc with a tick
    "ok": '<circle cx="8" cy="8" r="7.2"/><path class="ink" d="M4.7 8.3l2.3 2.3 4.3-4.9"/>',
    # a triangle with a mark
    "degraded": '<path class="round" d="M8 .9 15.4 14.6H.6Z"/>'
    '<path class="ink" d="M8 5.9v3.9M8 12.2v.1"/>',
    # an octagon with a cross
    "failed": '<path d="M5.1.9h5.8l4.2 4.2v5.8l-4.2 4.2H5.1L.9 10.9V5.1Z"/>'
    '<path class="ink" d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"/>',
    # an empty dashed square
    "missing": '<rect class="line dashed" x="1.6" y="1.6" width="12.8" height="12.8" rx="2"/>'
    '<path class="line" d="M5.2 8h5.6"/>',
    # a diamond with a question
    "unknown": '<path class="line" d="M8 1.1 14.9 8 8 14.9 1.1 8Z"/>'
    '<path class="line" d="M6.4 6.6C6.4 4.5 9.6 4.6 9.6 6.6 9.6 7.9 8 7.8 8 9.1M8 11.1v.1"/>',
    # a ring struck through
    "offline": '<circle class="line" cx="8" cy="8" r="6.6"/><path class="line" d="M3.5 12.5l9-9"/>',
    # a moon
    "asleep": '<path d="M6.2 1.3a6.8 6.8 0 1 0 8.5 8.5A5.6 5.6 0 0 1 6.2 1.3Z"/>',
    # a disc with an i
    "heads-up": '<circle class="line" cx="8" cy="8" r="6.6"/>'
    '<path class="line" d="M8 7.4v3.6M8 4.9v.1"/>',
    # a bar
    "aside": '<rect x="1.5" y="6.2" width="13" height="3.6" rx="1.8"/>',
    # a person
    "visit": '<circle cx="8" cy="4.4" r="3.2"/><path d="M1.9 15.2a6.1 6.1 0 0 1 12.2 0Z"/>',
    # a clock
    "waiting": '<circle class="line" cx="8" cy="8" r="6.6"/>'
    '<path class="line" d="M8 4.2V8l2.6 1.7"/>',
}

#: States that are drawn as another one.
_SAME = {
    "not-ready": "failed",
    "ready": "ok",
    "silent": "unknown",
    "online": "ok",
}


def shape(state: str) -> SafeString:
    """The drawing for a state, hidden from screen readers: a word always stands beside it."""
    name = _SAME.get(state, state)
    drawing = SHAPES.get(name, SHAPES["unknown"])
    return format_html(
        '<svg class="shape" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{}</svg>',
        mark_safe(drawing),  # noqa: S308 - from the table above
    )
