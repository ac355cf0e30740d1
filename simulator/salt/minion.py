"""One simulated minion: what it answers to the functions that the controller may call. Pure.

The answers have the form of the real ones (Salt 3008): a state.apply is a dictionary of states, or
a list of complaints when they could not be read; with test=True what would change has result None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from simulator.salt.effects import Effect

_KEPT_JOBS = 20  # a real one keeps those of a day
_STATE = "file_|-vigie_|-/etc/vigie/{release}_|-managed"


class Answer(NamedTuple):
    """What a minion gives back for one job."""

    body: Any
    retcode: int = 0

    @property
    def has_succeeded(self) -> bool:
        """As Salt puts it."""
        return self.retcode == 0


@dataclass(frozen=True, slots=True)
class Minion:
    """What a minion remembers. `cache`: its returns, by job; `has`: the release last applied."""

    id: str
    has: str = ""
    doing: str = ""  # the job of the state.apply under way
    seen: tuple[str, ...] = ()
    cache: Mapping[str, tuple[str, Answer]] = field(default_factory=dict)

    def has_seen(self, jid: str) -> bool:
        """Whether it was given this job before: it does it once."""
        return jid in self.seen

    def given(self, jid: str, *, applies: bool) -> "Minion":
        """It has begun a job."""
        seen = (*self.seen[-99:], jid)
        return replace(self, seen=seen, doing=jid if applies and not self.doing else self.doing)

    def finished(self, jid: str, function: str, answer: Answer, has: str) -> "Minion":
        """It is done with a job, and keeps what it said."""
        kept = dict(list(self.cache.items())[-_KEPT_JOBS:]) | {jid: (function, answer)}
        return replace(self, has=has, doing="" if self.doing == jid else self.doing, cache=kept)


def at_once(minion: Minion, function: str, args: Sequence[str]) -> Answer | None:
    """The answer of what takes no time; None for state.apply."""
    match function:
        case "test.ping" | "saltutil.refresh_pillar":
            return Answer(True)
        case "saltutil.find_job":
            jid = args[0] if args else ""
            return Answer({"jid": jid, "fun": "state.apply"} if minion.doing == jid else {})
        case "saltutil.find_cached_job":
            return Answer(_cached(minion, args[0] if args else ""))
        case "state.apply":
            return None
    return Answer(f"'{function}' is not available.", 254)


def busy(jid: str) -> Answer:
    """The answer to a state.apply while another is under way."""
    said = f'The function "state.apply" is running as PID 4711 and was started with jid {jid}'
    return Answer([said], 1)


def applied(minion: Minion, release: str, effect: Effect, *, is_test: bool) -> Answer:
    """The answer of a state.apply that has come to its end."""
    if effect.is_invalid:
        return Answer(
            [f"Rendering SLS '{release}:kiosk' failed: mapping values are not allowed"], 1
        )
    key = _STATE.format(release=release)
    has_drifted = minion.has != release or minion.id in effect.tampered
    if minion.id in effect.fails:
        return Answer({key: _state(release, False, "Source file is missing", {})}, 2)
    changes = {"diff": f"-{minion.has}\n+{release}\n"} if has_drifted else {}
    result = None if is_test and has_drifted else True
    return Answer({key: _state(release, result, "", changes)})


def _state(release: str, result: bool | None, comment: str, changes: object) -> dict[str, Any]:
    return {
        "__id__": "vigie",
        "__sls__": "kiosk",
        "__run_num__": 0,
        "name": f"/etc/vigie/{release}",
        "result": result,
        "comment": comment or "The file is in the correct state",
        "changes": changes,
        "duration": 12.5,
        "start_time": "04:00:00.000000",
    }


def _cached(minion: Minion, jid: str) -> dict[str, Any]:
    if jid not in minion.cache:
        return {}
    function, answer = minion.cache[jid]
    return {
        "jid": jid,
        "fun": function,
        "return": answer.body,
        "retcode": answer.retcode,
        "success": answer.has_succeeded,
    }
