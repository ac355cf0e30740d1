"""Which step of an update comes next: after an answer, and after the end of everything. Pure.

    check -> prepare -> flash -> verify -> cleanup
                                   └-> rollback -> prove -> cleanup

A flash that failed is verified all the same: only the device knows how far it came.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from agent.firmware.protocol import Answer, State


class Stage(StrEnum):
    """Where an update is. PROVE is to a rollback what VERIFY is to a flash."""

    CHECK = "check"
    PREPARE = "prepare"
    FLASH = "flash"
    VERIFY = "verify"
    ROLLBACK = "rollback"
    PROVE = "prove"
    CLEANUP = "cleanup"
    DONE = "done"

    @property
    def asks(self) -> State:
        """The state of the hook that does it."""
        return State.VERIFY if self is Stage.PROVE else State(self.value)


class Outcome(StrEnum):
    """How an update ended."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"  # it was there already
    FAILED = "failed"  # nothing was written
    LATER = "later"  # nothing was written; it may be tried again
    ROLLED_BACK = "rolled-back"
    BROKEN = "broken"  # neither the new nor the old version answers: it needs a hand


class Source(Struct, frozen=True):
    """A firmware file by its name in the job's folder, the version that it brings, its hash."""

    file: str
    version: str
    sha256: str = ""


class Job(Struct, frozen=True):
    """One update, all of it. `starts` counts how often each stage was begun, cut off or not."""

    id: str
    release: str
    hook: str
    device: Mapping[str, Any]
    firmware: Source
    previous: Source | None = None
    stage: Stage = Stage.CHECK
    starts: Mapping[Stage, int] = {}
    before: str = ""  # the version that the device had
    version: str = ""  # the version that it said last
    can_roll_back: bool = False
    outcome: Outcome | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """What people call the device."""
        return str(self.device.get("name") or self.device.get("id"))

    @property
    def expected(self) -> str:
        """The version that a verify is to find now."""
        if self.stage not in (Stage.ROLLBACK, Stage.PROVE):
            return self.firmware.version
        return self.previous.version if self.previous is not None else self.before


#: How often a stage is begun at most.
_TRIES: Mapping[Stage, int] = {
    Stage.VERIFY: 3,
    Stage.ROLLBACK: 3,
    Stage.PROVE: 4,
    Stage.CLEANUP: 3,
}


def begun(job: Job) -> Job:
    """As it is on disk while its stage is being done."""
    count = job.starts.get(job.stage, 0) + 1
    return replace(job, starts={**job.starts, job.stage: count})


def after(job: Job, answer: Answer) -> Job:
    """What to do once the job's stage has been answered."""
    return _AFTER[job.stage](job, answer)


def taken_up(job: Job) -> Job:
    """What to do with a job that was killed, or lost its power, in its stage.

    This is the whole table of killed_in_<stage>; tests go through it row by row.
    """
    if not job.starts.get(job.stage):
        return job  # it was not begun: it is begun now
    if job.stage in (Stage.CHECK, Stage.PREPARE):  # nothing was written
        return _end(job, Outcome.LATER, f"cut off in {job.stage}")
    if job.stage is Stage.FLASH:  # it may have come to its end
        return replace(job, stage=Stage.VERIFY, reason="cut off in flash")
    return job  # verify, rollback, prove and cleanup can be done again


def is_worn_out(job: Job) -> bool:
    """Whether this stage was begun as often as it may be, and never came to an end."""
    return job.starts.get(job.stage, 0) >= _TRIES.get(job.stage, 1)


def _checked(job: Job, answer: Answer) -> Job:
    if not answer.is_good:
        return _end(job, Outcome.LATER if answer.is_later else Outcome.FAILED, answer.reason)
    before, to = answer.text("from"), answer.text("to")
    job = replace(job, before=before, version=before)
    if to and to != job.firmware.version:
        why = f"{job.firmware.file} holds version {to}, not {job.firmware.version}"
        return _end(job, Outcome.FAILED, why)
    if before == job.firmware.version:
        return _end(job, Outcome.UNCHANGED, "")
    if answer.result.get("applies") is not True:
        why = answer.text("why") or "the hook does not apply it"
        return _end(job, Outcome.FAILED, why)
    return replace(job, stage=Stage.PREPARE)


def _prepared(job: Job, answer: Answer) -> Job:
    if not answer.is_good:
        return _end(job, Outcome.LATER if answer.is_later else Outcome.FAILED, answer.reason)
    can = answer.result.get("can_roll_back") is True
    return replace(job, stage=Stage.FLASH, can_roll_back=can)


def _flashed(job: Job, answer: Answer) -> Job:
    if answer.is_later:  # the hook says that it has written nothing
        return _end(job, Outcome.LATER, answer.reason)
    return replace(job, stage=Stage.VERIFY, reason="" if answer.is_good else answer.reason)


def _verified(job: Job, answer: Answer) -> Job:
    version = answer.text("version")
    if answer.is_good and version == job.firmware.version:
        return _end(replace(job, version=version), Outcome.UPDATED, "")
    if not version and job.starts.get(Stage.VERIFY, 0) < 2:  # it may be starting still
        return replace(job, reason=job.reason or answer.reason)
    found = f"{version or 'no version'} answers, not {job.firmware.version}"
    reason = "; ".join(one for one in (job.reason, answer.reason, found) if one)
    job = replace(job, version=version, reason=reason)
    if job.can_roll_back:
        return replace(job, stage=Stage.ROLLBACK)
    if version and version == job.before:
        return _end(job, Outcome.FAILED, reason)
    return _end(job, Outcome.BROKEN, f"{reason}; there is nothing to go back to")


def _rolled_back(job: Job, answer: Answer) -> Job:
    reason = job.reason if answer.is_good else f"{job.reason}; rollback: {answer.reason}"
    return replace(job, stage=Stage.PROVE, reason=reason)


def _proven(job: Job, answer: Answer) -> Job:
    version = answer.text("version")
    expected = job.expected
    job = replace(job, version=version)
    if answer.is_good and version and version in (expected, job.before):
        return _end(job, Outcome.ROLLED_BACK, job.reason)
    if job.starts.get(Stage.ROLLBACK, 0) < 2:
        return replace(job, stage=Stage.ROLLBACK)
    why = answer.reason or f"{version or 'no version'} answers, not {expected}"
    return _end(job, Outcome.BROKEN, f"{job.reason}; after the rollback: {why}")


def _cleaned(job: Job, answer: Answer) -> Job:
    done = replace(job, stage=Stage.DONE)
    if answer.is_good:
        return done
    return replace(done, reason=f"{job.reason}; cleanup: {answer.reason}".lstrip("; "))


def _end(job: Job, outcome: Outcome, reason: str) -> Job:
    return replace(job, stage=Stage.CLEANUP, outcome=outcome, reason=reason[:500])


_AFTER = {
    Stage.CHECK: _checked,
    Stage.PREPARE: _prepared,
    Stage.FLASH: _flashed,
    Stage.VERIFY: _verified,
    Stage.ROLLBACK: _rolled_back,
    Stage.PROVE: _proven,
    Stage.CLEANUP: _cleaned,
}
