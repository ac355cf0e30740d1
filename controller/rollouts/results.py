"""What a minion's return of state.apply says. Pure.

A return is a dictionary of states, each with `result` (true, false; null under test=True for what
would change), `changes` and `comment`; or a list of complaints when nothing could be applied.
Measured with Salt 3008.3: a failed state 2; states that cannot be read 1; a pillar that failed 5;
another state.apply under way 1 and "is running as PID".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PILLAR_FAILED = 5
MAX_TOLD = 50
MAX_TEXT = 2000
_LOST = re.compile(
    r"SaltReqTimeoutError|SaltClientError|Message timed out|Request timed out while waiting"
)
_SECRET = re.compile(
    r"(?i)([\w-]*(?:password|passwd|secret|psk|token|private_key)[\w-]*['\"]?\s*[:=]\s*)(\S.*)"
)


class Outcome(StrEnum):
    """In one word."""

    OK = "ok"  # every state is as it should be, or was brought there
    DRIFTED = "drifted"  # asked with test=True: something would change
    FAILED = "failed"  # some state, or the function itself
    STATES_INVALID = "states-invalid"
    PILLAR_FAILED = "pillar-failed"
    BUSY = "busy"
    MASTER_AWAY = "master-away"  # it was lost in the midst: files or pillar did not come


@dataclass(frozen=True, slots=True)
class Difference:
    """One state that changed something, would, or failed. Cut short, nothing secret."""

    id: str
    sls: str
    comment: str
    diff: str

    def told(self) -> dict[str, str]:
        """As it is kept."""
        return {"id": self.id, "sls": self.sls, "comment": self.comment, "diff": self.diff}


@dataclass(frozen=True, slots=True)
class Result:
    """A return, read. `detail` names what was at fault, for a reason's text."""

    outcome: Outcome
    detail: str = ""
    changed: tuple[Difference, ...] = ()
    failed: tuple[Difference, ...] = ()
    pending: tuple[Difference, ...] = ()  # would change
    complaint: str = ""  # all of it, where nothing was applied

    def told(self) -> dict[str, Any]:
        """As it is kept with a kiosk's part in a rollout: lists of states, or a complaint."""
        parts = {"changed": self.changed, "failed": self.failed, "pending": self.pending}
        found: dict[str, Any] = {
            name: [one.told() for one in part] for name, part in parts.items() if part
        }
        return found | ({"complaint": self.complaint} if self.complaint else {})


def read(body: Any, retcode: int) -> Result:
    """What came of a state.apply.

    >>> read({"a": {"result": None, "__id__": "motd", "changes": {}}}, 0).outcome
    <Outcome.DRIFTED: 'drifted'>
    >>> read(['The function "state.apply" is running as PID 7'], 1).outcome
    <Outcome.BUSY: 'busy'>
    """
    if isinstance(body, dict) and body and all(isinstance(one, dict) for one in body.values()):
        return _states(body, retcode)
    text = _text(body) or "no state applies to this kiosk"
    return Result(
        _complained(text, body, retcode), _first_line(text), complaint=_cut(text, MAX_TEXT)
    )


def _complained(text: str, body: Any, retcode: int) -> Outcome:
    if "is running as PID" in text:
        return Outcome.BUSY
    if _LOST.search(text):
        return Outcome.MASTER_AWAY
    if retcode == PILLAR_FAILED or "Pillar failed to render" in text:
        return Outcome.PILLAR_FAILED
    # Complaints, or no state at all: nothing was applied.
    return Outcome.STATES_INVALID if isinstance(body, (list, dict)) else Outcome.FAILED


def _states(body: Mapping[str, Mapping[str, Any]], retcode: int) -> Result:
    states = sorted(body.items(), key=lambda one: _number(one[1].get("__run_num__")))
    failed = [_difference(key, one) for key, one in states if one.get("result") is False]
    pending = [_difference(key, one) for key, one in states if one.get("result", 0) is None]
    changed = [
        _difference(key, one)
        for key, one in states
        if one.get("result") is True and one.get("changes")
    ]
    if failed and all(_LOST.search(one.comment) for one in failed):
        outcome, named = Outcome.MASTER_AWAY, failed
    elif failed or (retcode and not pending):
        outcome, named = Outcome.FAILED, failed
    elif pending:
        outcome, named = Outcome.DRIFTED, pending
    else:
        outcome, named = Outcome.OK, []
    return Result(
        outcome,
        _cut(", ".join(one.id for one in named[:5]), 300),
        tuple(changed[:MAX_TOLD]),
        tuple(failed[:MAX_TOLD]),
        tuple(pending[:MAX_TOLD]),
    )


def _difference(key: str, state: Mapping[str, Any]) -> Difference:
    changes = state.get("changes") or {}
    diff = changes.get("diff") if isinstance(changes, dict) else None
    text = diff if isinstance(diff, str) else json.dumps(changes, default=str) if changes else ""
    return Difference(
        id=_cut(str(state.get("__id__") or key), 200),
        sls=_cut(str(state.get("__sls__") or ""), 200),
        comment=_cut(masked(str(state.get("comment") or "")), 500),
        diff=_cut(masked(text), MAX_TEXT),
    )


def kept(body: Any) -> Any:
    """A return as it is stored: what `read` reads of it, cut short and masked."""
    if not isinstance(body, dict) or not all(isinstance(one, dict) for one in body.values()):
        return (
            [masked(_cut(str(one), MAX_TEXT)) for one in body[:MAX_TOLD]]
            if isinstance(body, list)
            else masked(_cut(str(body), MAX_TEXT))
        )
    found = {}
    for key, state in body.items():
        told = _difference(key, state)
        changes = {"diff": told.diff} if told.diff else {}
        found[key] = {
            "__id__": told.id, "__sls__": told.sls, "comment": told.comment, "changes": changes,
            "result": state.get("result"), "__run_num__": _number(state.get("__run_num__")),
        }  # fmt: skip
    return found


def masked(text: str) -> str:
    """Without the values of what calls itself secret: states hide theirs, this is the second lock.

    >>> masked("ssid=mairie\\npsk=vaste-plateau")
    'ssid=mairie\\npsk=***'
    """
    return _SECRET.sub(r"\1***", text)


def _text(body: Any) -> str:
    if isinstance(body, list):
        return masked("; ".join(str(one) for one in body))
    return masked(str(body)) if body else ""


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _first_line(text: str) -> str:
    return _cut(text.strip().partition("\n")[0], 200)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
