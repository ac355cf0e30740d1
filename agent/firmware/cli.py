"""`vigie-agent firmware ...`: what people, Salt, systemd and the agent ask for.

Each verb prints text, or with --json one object:
    inventory   {"release", "devices": [...], "troubles": [...]}
    plan        {"release", "plan": [{"device", "name", "from", "to", "file", "is_due"}, ...]}
    apply, update, resume, history
                {"done": [{"device", "name", "outcome", "from", "to", "version", "reason"}, ...]}
    any         {"refused": why} with exit status 75: later; {"error": why} with 1
"""

import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from agent.config import Config
from agent.errors import AgentError
from agent.firmware import index
from agent.firmware.errors import FirmwareError, RefusedError
from agent.firmware.index import Plan
from agent.firmware.protocol import LATER, Progress
from agent.firmware.runner import Ground, Runner
from agent.firmware.steps import Job, Outcome

VERBS = ("inventory", "plan", "apply", "update", "resume", "history")
_GOOD = (Outcome.UPDATED, Outcome.UNCHANGED)


def main(
    verb: str,
    config: Config,
    *,
    release: str = "",
    device: str = "",
    file: str = "",
    is_json: bool = False,
    ground: Ground | None = None,
) -> int:
    """Do it and print it; the exit status: 0 good, 1 failed, 75 refused for now."""
    runner = Runner(config, ground, _quiet if is_json else _progress)
    try:
        told, status = _do(runner, verb, release, device, file)
    except RefusedError as err:
        told, status = {"refused": str(err)}, LATER
    except AgentError as err:
        told, status = {"error": str(err)}, 1
    print(msgspec.json.encode(told).decode() if is_json else text(told))
    return status


def _do(
    runner: Runner, verb: str, name: str, device: str, file: str
) -> tuple[Mapping[str, Any], int]:
    if verb in ("resume", "history"):
        jobs = runner.resume() if verb == "resume" else runner.history()
        return {"done": [_job(one) for one in jobs]}, 0
    release = runner.release(name)
    if verb == "inventory":
        found = runner.census(release)
        return {"release": release.name, **msgspec.to_builtins(found)}, 0
    plans = runner.plan(release)
    if verb == "plan":
        return {"release": release.name, "plan": [_plan(one) for one in plans]}, 0
    if verb == "apply":
        jobs = runner.apply(release)
    else:
        jobs = (runner.update(release, _chosen(plans, device, file)),)
    is_good = all(one.outcome in _GOOD for one in jobs)
    return {"release": release.name, "done": [_job(one) for one in jobs]}, 0 if is_good else 1


def _chosen(plans: tuple[Plan, ...], device: str, file: str) -> Plan:
    """What `update` is asked for. Raises FirmwareError naming what there is."""
    found = [one for one in plans if one.device.id == device and file in ("", one.entry.file)]
    if not found:
        known = ", ".join(f"{one.device.id} {one.entry.file}" for one in plans) or "none"
        raise FirmwareError(f"{index.FOLDER}/index.toml has nothing of {device} {file}: {known}")
    return found[0]


def text(told: Mapping[str, Any]) -> str:
    """The same for people.

    >>> text({"done": [{"name": "Webcam", "outcome": "updated", "from": "1", "version": "2",
    ...                 "reason": ""}]})
    'Webcam: updated, 1 -> 2'
    """
    lines = [f"{key}: {told[key]}" for key in ("refused", "error") if key in told]
    for one in told.get("devices", ()):
        lines.append(f"{one['name']:32} {one['version']:20} {one['hook']:14} {one['id']}")
    lines += [f"not asked: {one}" for one in told.get("troubles", ())]
    for one in told.get("plan", ()):
        due = f"{one['from']} -> {one['to']}" if one["is_due"] else f"{one['to']}, as it must be"
        lines.append(f"{one['name']}: {due} ({one['device']}, {one['file']})")
    for one in told.get("done", ()):
        how = f"{one['name']}: {one['outcome']}, {one['from'] or '?'} -> {one['version'] or '?'}"
        lines.append(f"{how} ({one['reason']})" if one["reason"] else how)
    return "\n".join(lines) or "nothing"


def _job(job: Job) -> Mapping[str, Any]:
    return {
        "device": job.device.get("id", ""),
        "name": job.name,
        "outcome": job.outcome,
        "from": job.before,
        "to": job.firmware.version,
        "version": job.version,
        "reason": job.reason,
    }


def _plan(plan: Plan) -> Mapping[str, Any]:
    return {
        "device": plan.device.id,
        "name": plan.device.name,
        "from": plan.device.version,
        "to": plan.entry.version,
        "file": plan.entry.file,
        "is_due": plan.is_due,
    }


def _progress(job: Job, told: Progress) -> None:
    print(f"{job.name}: {job.stage} {told.progress:.0f} % {told.step}", file=sys.stderr)


def _quiet(_job: Job, _told: Progress) -> None:
    pass
