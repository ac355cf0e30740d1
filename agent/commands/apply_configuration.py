"""`apply-configuration`: has the Salt minion apply its states now, or say what it would change.

`salt-call --out=json state.apply` says (Salt 3006 to 3008):
    {"local": {"file_|-motd_|-/etc/motd_|-managed": {"__id__": "motd", "name": "/etc/motd",
               "result": true, "changes": {"diff": "..."}, "comment": "..."}}}
`result` is null for what would change with test=True. When the states cannot be read, "local" is a
list of complaints. Diffs may hold secrets: nothing but names and counts leaves the kiosk.
"""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agent.commands import Work, outside, verdicts
from agent.commands.errand import End, Errand, Job, done, failed, nobody_knows
from agent.commands.scene import Scene
from agent.errors import ProgramError
from contract.command_args import ApplyConfiguration
from contract.reasons import OutcomeReason

NAME = "apply-configuration"
_MAX_NAMES, _MAX_NAME = 32, 200


class Applied(Struct, frozen=True):
    """What became of the states."""

    changed: int = 0
    unchanged: int = 0
    failed: tuple[str, ...] = ()  # by their ids
    complaints: int = 0  # of states that could not be read


def run(job: Job) -> End:
    """Salt works by itself: how far it is it does not say."""
    assert isinstance(job.args, ApplyConfiguration)  # noqa: S101 - the frame has parsed them
    salt_call = job.config.acts.salt_call
    job.step(10, "applying states")
    order = [salt_call, "--out=json", "--log-level=quiet", "state.apply"]
    order += ["test=True"] if job.args.is_dry_run else []
    _, out, err = outside.run(order, job.left_s)
    try:
        applied = parse(out)
    except ValueError as wrong:
        raise ProgramError(f"{salt_call} gave no result: {_last_line(err or out)}") from wrong
    return end(applied, is_dry_run=job.args.is_dry_run)


def parse(out: str) -> Applied:
    """What salt-call said. Raises ValueError when it is nothing of the kind.

    >>> parse('{"local": {"a": {"__id__": "motd", "result": false, "changes": {}}}}').failed
    ('motd',)
    >>> parse('{"local": ["Rendering SLS base:motd failed"]}').complaints
    1
    """
    start = out.find("{")  # it may warn of something first
    try:
        local: Any = msgspec.json.decode(out[max(start, 0) :])["local"]
    except (msgspec.DecodeError, KeyError, TypeError) as err:
        raise ValueError("no JSON object with `local`") from err
    if isinstance(local, list):
        return Applied(complaints=len(local))
    if not isinstance(local, dict):
        raise ValueError(f"local is a {type(local).__name__}, must be an object or a list")
    states = [(key, one) for key, one in local.items() if isinstance(one, dict)]
    bad = tuple(str(one.get("__id__", key)) for key, one in states if one.get("result") is False)
    changed = sum(1 for _, one in states if _is_changed(one))
    return Applied(changed, len(states) - changed - len(bad), bad)


def end(applied: Applied, *, is_dry_run: bool) -> End:
    """The counts, and which states failed."""
    names = [name[:_MAX_NAME] for name in applied.failed[:_MAX_NAMES]]
    result: dict[str, Any] = {
        "is_dry_run": is_dry_run,
        "changed": applied.changed,
        "unchanged": applied.unchanged,
        "failed": len(applied.failed),
        "failed_states": names,
    }
    if applied.complaints:
        detail = f"{applied.complaints} complaints: `salt-call state.apply` on the kiosk tells them"
        return failed(OutcomeReason.DID_NOT_WORK, detail, **result)
    if names:
        return failed(OutcomeReason.DID_NOT_WORK, ", ".join(names)[:300], **result)
    return done(**result)


def hindrance(scene: Scene, _args: Struct) -> str:
    """No minion."""
    path = scene.config.acts.salt_call
    if Path(path).exists():
        return ""
    return verdicts.lacking(f"install salt-minion, or set commands.salt_call (it is {path})")


def resume(_job: Job) -> End:
    """Salt may have gone on without us, or not: applying again is for somebody to decide."""
    return nobody_knows()


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume, hindrance)


def _is_changed(one: dict[str, Any]) -> bool:
    return one.get("result") is None or (one.get("result") is True and bool(one.get("changes")))


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else "it said nothing"
