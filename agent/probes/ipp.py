"""What an IPP printer, or the queue CUPS keeps for it, says of itself (RFC 8011, PWG 5100.13).

One run of `ipptool -X` puts the three questions of `QUESTIONS` and gives a property list:
    <key>Tests</key><array>
      <dict> <key>StatusCode</key><string>successful-ok</string>
             <key>ResponseAttributes</key><array> <dict>...</dict> ... </array> </dict> ...
    </array>
An attribute with one value is that value, with several an array; octets are in hexadecimal.
"""

import plistlib
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any
from xml.parsers.expat import ExpatError

from msgspec import Struct

_GROUP = """  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
"""
#: The state, the jobs that wait or print (eldest first), the job that ended last.
QUESTIONS = f"""{{
  OPERATION Get-Printer-Attributes
{_GROUP}  ATTR keyword requested-attributes printer-state,printer-state-reasons,\
printer-is-accepting-jobs,queued-job-count,printer-make-and-model,device-uri,printer-supply,\
marker-names,marker-types,marker-colors,marker-levels,marker-low-levels,marker-high-levels
}}
{{
  OPERATION Get-Jobs
{_GROUP}  ATTR integer limit 20
  ATTR keyword which-jobs not-completed
  ATTR keyword requested-attributes job-id,job-state,time-at-creation,job-printer-up-time
}}
{{
  OPERATION Get-Jobs
{_GROUP}  ATTR integer limit 1
  ATTR keyword which-jobs completed
  ATTR keyword requested-attributes job-id,job-state,time-at-completed,job-printer-up-time
}}
"""

STOPPED = 5  # of a printer; 3 is idle, 4 processing
HELD, ABORTED = 4, 8  # of a job; 3 pending, 5 processing, 6 stopped, 7 cancelled, 9 completed


class Silence(Enum):
    """Why there is nothing to be known."""

    DOWN = "nobody listens there"
    TIMED_OUT = "no answer in time"
    NO_QUEUE = "there is no such queue"
    REFUSED = "an answer that tells nothing"
    NO_PROGRAM = "ipptool is not installed"


class Supply(Struct, frozen=True):
    """One cartridge, tank or part. `level` is a percentage, None when it does not say.

    `is_waste`: it fills instead of running out. `low` and `high` are its maker's bounds.
    """

    kind: str  # toner, ink, waste, drum, ...
    colour: str = ""
    level: float | None = None
    is_waste: bool = False
    low: float | None = None
    high: float | None = None


class Job(Struct, frozen=True):
    """A job; `age_s` since it was made or, once over, since it ended, by the printer's clock."""

    id: int
    state: int
    age_s: int


class Printer(Struct, frozen=True):
    """A printer or a queue. `reasons` are as said, with their suffixes."""

    state: int
    reasons: tuple[str, ...] = ()
    is_accepting: bool = True
    queued: int = 0
    device_uri: str = ""
    model: str = ""
    supplies: tuple[Supply, ...] = ()
    waiting: tuple[Job, ...] = ()
    last: Job | None = None


def parse_answers(raw: str) -> list[Mapping[str, Any]] | Silence:
    """The answer to each question, of what `ipptool -X` said."""
    try:
        # Its summary for people follows the document.
        said = plistlib.loads((raw.partition("</plist>")[0] + "</plist>").encode())
    except (ExpatError, ValueError):
        return Silence.REFUSED
    answers: list[Mapping[str, Any]] = said.get("Tests") or []
    if not answers:
        is_down = "Unable to connect" in str(said.get("ErrorMessage", ""))
        return Silence.DOWN if is_down else Silence.TIMED_OUT
    if answers[0].get("StatusCode") == "client-error-not-found":
        return Silence.NO_QUEUE
    return answers


def parse(raw: str) -> Printer | Silence:
    """What `ipptool -X` said to `QUESTIONS`."""
    answers = parse_answers(raw)
    if isinstance(answers, Silence):
        return answers
    each = [groups(answer) for answer in answers]
    about = next((group for group in each[0] if "printer-state" in group), None)
    if about is None:
        # What ipptool makes up when the connection is cut or the time is up.
        is_silent = answers[0].get("StatusCode") in (None, "server-error-internal-error")
        return Silence.TIMED_OUT if is_silent else Silence.REFUSED
    jobs = [*each[1:], [], []]
    ended = _jobs(jobs[1], "time-at-completed")
    return Printer(
        state=_number(about["printer-state"]) or 0,
        reasons=tuple(str(word) for word in _many(about.get("printer-state-reasons"))),
        is_accepting=about.get("printer-is-accepting-jobs") is not False,
        queued=_number(about.get("queued-job-count")) or 0,
        device_uri=str(about.get("device-uri", "")),
        model=str(about.get("printer-make-and-model", "")),
        supplies=_markers(about) or _supplies(about),
        waiting=_jobs(jobs[0], "time-at-creation"),
        last=ended[0] if ended else None,
    )


def groups(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The groups of attributes of one answer."""
    return [group for group in _many(answer.get("ResponseAttributes")) if isinstance(group, dict)]


def _jobs(groups: Sequence[Mapping[str, Any]], since: str) -> tuple[Job, ...]:
    """Jobs; the age of one whose printer does not say the time is 0."""
    jobs = []
    for group in groups:
        number, state = _number(group.get("job-id")), _number(group.get("job-state"))
        if number is not None and state is not None:
            now, then = _number(group.get("job-printer-up-time")), _number(group.get(since))
            age_s = max(0, now - then) if now is not None and then is not None else 0
            jobs.append(Job(number, state, age_s))
    return tuple(jobs)


def _markers(about: Mapping[str, Any]) -> tuple[Supply, ...]:
    """Supplies as CUPS and older printers tell of them: lists side by side."""
    kinds, levels = _many(about.get("marker-types")), _many(about.get("marker-levels"))
    names, colours = _many(about.get("marker-names")), _many(about.get("marker-colors"))
    lows, highs = _many(about.get("marker-low-levels")), _many(about.get("marker-high-levels"))
    return tuple(
        Supply(
            kind=_family(str(_nth(kinds, at) or _nth(names, at) or "")),
            colour=_colour(f"{_nth(colours, at) or ''} {_nth(names, at) or ''}"),
            level=_percent(_number(level), 100),
            is_waste="waste" in f"{_nth(kinds, at)}".lower(),
            low=_number(_nth(lows, at)),
            high=_number(_nth(highs, at)),
        )
        for at, level in enumerate(levels)
    )


def _supplies(about: Mapping[str, Any]) -> tuple[Supply, ...]:
    """Supplies as PWG 5100.13 has them: `index=2;class=...;type=toner;maxcapacity=100;level=4;`."""
    supplies = []
    for octets in _many(about.get("printer-supply")):
        words = (word.partition("=") for word in _octets(octets).split(";"))
        said = {name: value for name, _, value in words}
        kind = said.get("type", "")
        level = _percent(_whole(said.get("level")), _whole(said.get("maxcapacity")) or 100)
        is_waste = said.get("class") == "receptacleThatIsFilled" or "waste" in kind.lower()
        supplies.append(
            Supply(_family(kind), _colour(said.get("colorantname", "")), level, is_waste)
        )
    return tuple(supplies)


def _octets(value: object) -> str:
    try:
        raw = value if isinstance(value, bytes) else bytes.fromhex(str(value))
    except ValueError:
        return str(value)
    return raw.decode(errors="replace")


def _percent(level: int | None, whole: int) -> float | None:
    """A level below 0 means unknown, unlimited, or only that some is left (RFC 3805)."""
    return None if level is None or level < 0 or whole <= 0 else min(100.0, 100.0 * level / whole)


#: A part of marker-types or of printer-supply's type, and what we call it.
_FAMILIES = (
    ("waste", "waste"),
    ("toner", "toner"),
    ("ink", "ink"),
    ("ribbon", "ribbon"),
    ("opc", "drum"),
    ("drum", "drum"),
    ("developer", "developer"),
    ("fuser", "fuser"),
    ("transfer", "transfer"),
    ("staple", "staples"),
)
_COLOURS = {
    "black": "black",
    "#000000": "black",
    "cyan": "cyan",
    "#00ffff": "cyan",
    "magenta": "magenta",
    "#ff00ff": "magenta",
    "yellow": "yellow",
    "#ffff00": "yellow",
}


def _family(text: str) -> str:
    return next((name for part, name in _FAMILIES if part in text.lower()), "supply")


def _colour(text: str) -> str:
    return next((name for part, name in _COLOURS.items() if part in text.lower()), "")


def _many(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _nth(values: Sequence[Any], at: int) -> Any:
    return values[at] if at < len(values) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _whole(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
