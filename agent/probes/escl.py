"""What a network scanner says of itself by eSCL (AirScan): GET /eSCL/ScannerStatus.

<scan:ScannerStatus ...>
  <pwg:Version>2.63</pwg:Version>
  <pwg:State>Idle</pwg:State>
  <scan:AdfState>ScannerAdfEmpty</scan:AdfState>
  <scan:Jobs>...
"""

import json
import re
from collections.abc import Mapping

from msgspec import Struct

from agent import program
from agent.errors import ProgramError
from agent.probes.finding import Finding, unmeasured
from agent.probes.sane import OFFLINE, Look
from contract.health import FactValue, Health

_LIMIT_S = 15.0
_TRIAL_S = 90.0
# Two short texts of a small page: nothing of it is expanded or followed, so nothing can blow up.
_STATE = re.compile(r"<(?:\w+:)?State>\s*(\w{1,40})\s*</")
_ADF = re.compile(r"<(?:\w+:)?AdfState>\s*(?:ScannerAdf)?(\w{1,40})\s*</")

#: AdfState -> reason (SANE's word where it has one), and how grave it is.
_ADF_FAULTS = {
    "Jam": ("jammed", Health.FAILED),
    "HatchOpen": ("cover-open", Health.FAILED),
    "InputTrayFailed": ("input-tray-failed", Health.FAILED),
    "InputTrayOverloaded": ("input-tray-overloaded", Health.DEGRADED),
    "Mispick": ("mispick", Health.DEGRADED),
    "MultipickDetected": ("multipick", Health.DEGRADED),
    "DuplexPageTooShort": ("page-too-short", Health.DEGRADED),
    "DuplexPageTooLong": ("page-too-long", Health.DEGRADED),
}
_DOCUMENTS = {"Empty": "none", "Loaded": "loaded", "Processing": "loaded"}
_BUSY = ("Processing", "Testing")
_BROKEN = {"Stopped": "stopped", "Down": "down"}


class Status(Struct, frozen=True):
    """`http` is the answer's status; None when nobody answered."""

    http: int | None
    state: str = ""
    adf: str = ""
    error: str = ""


def parse(said: str) -> Status:
    """Of what agent/children/get.py prints.

    >>> parse('{"status": 200, "body": "<p:State>Idle</p:State>"}').state
    'Idle'
    """
    answer = json.loads(said)
    body = str(answer.get("body", ""))
    state, adf = _STATE.search(body), _ADF.search(body)
    return Status(
        answer.get("status"),
        state[1] if state else "",
        adf[1] if adf else "",
        str(answer.get("error", "")),
    )


def judge(status: Status) -> Look:
    """What the scanner means."""
    if status.http is None:
        gone = Finding(Health.MISSING, (OFFLINE,), {}, {"escl_error": status.error[:120]})
        return Look(gone, is_there=False)
    if status.http == 503:  # how eSCL says that it is busy with somebody else
        return Look(Finding(facts={"busy": True}), is_busy=True)
    if status.http in (401, 403):
        return Look(Finding(Health.UNKNOWN, ("access-denied",)))
    if status.http != 200 or not status.state:
        return Look(Finding(Health.UNKNOWN, ("no-escl",), {}, {"escl_http": status.http}))
    return Look(_state(status), is_busy=status.state in _BUSY)


def ask(url: str) -> Look:
    """Ask the scanner at `url`, such as http://192.0.2.7/eSCL."""
    try:
        done = program.child("get", f"{url}/ScannerStatus", timeout_s=_LIMIT_S)
        status = parse(done.out)
    except ProgramError as err:  # it began to answer and never ended
        return Look(Finding(Health.UNKNOWN, ("timed-out",), {}, {"trouble": str(err)[:200]}))
    except ValueError:
        return Look(unmeasured(trouble=done.err[-200:]))
    return judge(status)


def trial(url: str) -> Look:
    """Have the scanner at `url` scan a square inch, which nobody keeps."""
    try:
        done = program.child("trial", url, timeout_s=_TRIAL_S)
        said = json.loads(done.out)
    except ProgramError as err:
        return Look(Finding(Health.UNKNOWN, ("timed-out",), {}, {"trouble": str(err)[:200]}))
    except ValueError:
        return Look(unmeasured(trouble=done.err[-200:]))
    return judge_trial(said)


def judge_trial(said: Mapping[str, object]) -> Look:
    """What agent/children/trial.py prints means.

    >>> judge_trial({"status": 503, "is_scanned": False}).is_busy
    True
    >>> judge_trial({"status": 200, "is_scanned": True}).finding.facts
    {'scanned': True}
    """
    if "error" in said:
        gone = {"escl_error": str(said["error"])[:120]}
        return Look(Finding(Health.MISSING, (OFFLINE,), {}, gone), is_there=False)
    if said["is_scanned"]:
        return Look(Finding(facts={"scanned": True}))
    if said["status"] == 503:
        return Look(Finding(), is_busy=True)
    # It may only scan in other ways than the one tried: that is no fault of its own.
    return Look(unmeasured(escl_http=int(str(said["status"]))))


def _state(status: Status) -> Finding:
    facts: dict[str, FactValue] = {"escl_state": status.state.lower()}
    if status.adf in _DOCUMENTS:
        facts["documents"] = _DOCUMENTS[status.adf]
    reason, health = _ADF_FAULTS.get(status.adf, ("", Health.OK))
    reasons = [reason] if reason else []
    if status.state in _BROKEN:
        # Why it stopped is what the feeder says, when it says something.
        health = Health.FAILED
        if status.state == "Down" or not reasons:
            reasons.append(_BROKEN[status.state])
    return Finding(health, tuple(reasons), {}, facts)
