"""The loop test: a tone is played and must be heard. The work is agent/children/looptest.py's.

It makes a noise, so it is off unless wanted: then it runs once shortly before opening, and when
somebody asks for the closest look. Never in a session, nor while any program plays or records.
"""

import json
from collections.abc import Mapping
from typing import Any

from agent import program
from agent.errors import ProgramError
from agent.probes.finding import Finding, unmeasured
from contract.health import Health

#: Nothing at all comes from the microphone; something does, but not the tone.
SILENT, TONE_NOT_HEARD = "silent", "tone-not-heard"
LIMIT_S = 30.0
#: The tone must stand out of the room's noise by as much as a listener needs to notice it.
HEARD_DB = -10.0


def run(play: str, record: str, environ: Mapping[str, str] | None = None) -> Finding:
    """What the test of two PCMs found; sounds for a second."""
    try:
        done = program.child("looptest", play, record, timeout_s=LIMIT_S, environ=environ)
        found: Mapping[str, Any] = json.loads(done.out)
    except ProgramError as err:
        found = {"error": str(err)}
    except ValueError:
        found = {"error": "the loop test said nothing"}
    return judge(found)


def judge(found: Mapping[str, Any]) -> Finding:
    """The verdict.

    >>> judge({"error": "", "is_flat": True, "above_db": -60.0}).reasons
    ('silent',)
    >>> judge({"error": "", "is_flat": False, "above_db": 12.0}).metrics
    {'loop_above_db': 12.0}
    """
    if found["error"]:
        said = str(found["error"])[:128]
        return unmeasured(loop_test=said)
    metrics = {"loop_above_db": float(found["above_db"])}
    if found["is_flat"]:
        return Finding(Health.FAILED, (SILENT,), metrics)
    if found["above_db"] < HEARD_DB:
        return Finding(Health.FAILED, (TONE_NOT_HEARD,), metrics)
    return Finding(Health.OK, (), metrics)
