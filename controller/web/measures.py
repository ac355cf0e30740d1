"""Numbers and moments as people read them."""

from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from controller.web.words import DEVICE_KIND, METRIC, SUPPLY, word

#: The unit that a metric's name ends with, and how it is written. {n} is the number.
_UNITS = (
    ("_percent", gettext_lazy("{n}%"), 0),
    ("_celsius", gettext_lazy("{n} °C"), 0),
    ("_ms", gettext_lazy("{n} ms"), 0),
    ("_mbps", gettext_lazy("{n} Mbit/s"), 0),
    ("_volts", gettext_lazy("{n} V"), 1),
    ("_db", gettext_lazy("{n} dB"), 0),
    ("_dbm", gettext_lazy("{n} dBm"), 0),
)
_BYTES = (
    gettext_lazy("B"),
    gettext_lazy("KB"),
    gettext_lazy("MB"),
    gettext_lazy("GB"),
    gettext_lazy("TB"),
)


def metric_name(name: str) -> str:
    """What a metric is called; without words, its own name with the unit taken off.

    >>> metric_name("belt_turns")
    'belt turns'
    """
    if name in METRIC:
        return word(METRIC, name)
    if name.startswith("probe_"):
        probe = name.removeprefix("probe_").removesuffix("_s")
        return _("Time to measure: {what}").format(what=word(DEVICE_KIND, probe))
    parts = name.removesuffix("_percent").split("_")
    if parts[0] in SUPPLY:
        return ", ".join(word(SUPPLY, part) for part in parts)
    for suffix, _unit, _digits in (*_UNITS, ("_bytes", "", 0), ("_s", "", 0)):
        name = name.removesuffix(suffix)
    return name.replace("_", " ")


def metric(name: str, value: float) -> str:
    """A metric's value with its unit, by the name's last part."""
    if name.endswith("_bytes"):
        return size(value)
    if name.endswith("_s"):
        return duration(value)
    for suffix, unit, digits in _UNITS:
        if name.endswith(suffix):
            return str(unit).format(n=number(value, digits))
    return number(value, 2)


def number(value: float, digits: int) -> str:
    """A number in the page's language, with no more digits than it needs."""
    if digits == 0 and 0 < abs(value) < 10:
        digits = 1
    rounded = round(value, digits)
    shown = 0 if rounded == int(rounded) else digits
    return formats.number_format(rounded, shown, use_l10n=True, force_grouping=True)


def size(value: float) -> str:
    """Bytes, in powers of 1,000 as disks are sold."""
    power = 0
    while abs(value) >= 1000 and power < len(_BYTES) - 1:
        value /= 1000
        power += 1
    return f"{number(value, 1 if power and value < 100 else 0)}\u00a0{_BYTES[power]}"


def duration(seconds: float) -> str:
    """A length of time by its two largest units: `3 d 4 h`, `12 min 5 s`."""
    left = max(0, round(seconds))
    if 0 < seconds < 10 and left != seconds:
        return _("{n} s").format(n=number(seconds, 1))
    parts = []
    for length, text in (
        (86400, pgettext("days", "{n} d")),
        (3600, _("{n} h")),
        (60, _("{n} min")),
        (1, _("{n} s")),
    ):
        count, left = divmod(left, length)
        if count:
            parts.append(
                text.format(n=formats.number_format(count, use_l10n=True, force_grouping=True))
            )
    return " ".join(parts[:2]) or _("{n} s").format(n=0)


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, coarsely: it is read at a glance."""
    seconds = (now - moment).total_seconds()
    if seconds < 45:
        return _("just now")
    if seconds < 3600:
        text = _("{n} min").format(n=max(1, round(seconds / 60)))
    elif seconds < 48 * 3600:
        text = _("{n} h").format(n=round(seconds / 3600))
    else:
        text = pgettext("days", "{n} d").format(n=round(seconds / 86400))
    return _("{duration} ago").format(duration=text)


def moment(when: datetime) -> str:
    """A moment in full, in the region's time."""
    return formats.date_format(timezone.localtime(when), "DATETIME_FORMAT")


def moment_short(when: datetime) -> str:
    """A moment as a colleague would say it: the time today, the day and time before."""
    local = timezone.localtime(when)
    if local.date() == timezone.localdate():
        return formats.time_format(local, "H:i")
    return _day(local)


def since(when: datetime) -> str:
    """The same, after what has been so since then."""
    local = timezone.localtime(when)
    if local.date() == timezone.localdate():
        return _("since {time}").format(time=formats.time_format(local, "H:i"))
    return _("since {date}").format(date=_day(local))


def clock(when: datetime) -> str:
    """The time of day to the second."""
    return formats.time_format(timezone.localtime(when), "H:i:s")


def _day(local: datetime) -> str:
    layout = "j N, H:i" if local.year == timezone.localdate().year else "j N Y, H:i"
    return formats.date_format(local, layout)
