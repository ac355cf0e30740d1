"""Changes the firmware of a device, and puts to rights what was cut off."""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agent.config import Config
from agent.errors import AgentError
from agent.firmware import census, index, lock, process, steps
from agent.firmware.candidates import candidates
from agent.firmware.census import Census, World
from agent.firmware.errors import FirmwareError, RefusedError
from agent.firmware.hooks import Hook, hook
from agent.firmware.index import Plan
from agent.firmware.process import Place, Rules
from agent.firmware.protocol import VERSION, Answer, Progress
from agent.firmware.record import FOLDER, Record
from agent.firmware.refusals import refuse_when_not_now
from agent.firmware.steps import Job, Outcome, Source, Stage
from agent.releases import KEYS, RELEASES, Release, ReleaseError, digest, newest, verified

log = logging.getLogger(__name__)

#: What a hook that outlived its runner may still need.
_ORPHAN_S = 1800.0


class Ground(Struct, frozen=True):
    """Where all of it lies, and what speaks against an update at this moment."""

    folder: Path = FOLDER
    releases: Path = RELEASES
    keys: Path = KEYS
    rules: Rules = Rules()
    world: World = World()
    refuse: Callable[[Config], None] = refuse_when_not_now


class Runner:
    """Belongs to one process and does one thing at a time. `said` hears of progress."""

    def __init__(
        self,
        config: Config,
        ground: Ground | None = None,
        said: Callable[[Job, Progress], None] = lambda *_: None,
    ) -> None:
        self._config, self._ground, self._said = config, ground or Ground(), said
        self._record = Record(self._ground.folder)

    def release(self, name: str = "") -> Release:
        """The one of this name, else the newest. Raises ReleaseError, FirmwareError."""
        if name:
            if name in (".", "..") or "/" in name:
                raise FirmwareError(f"release is {name!r}, must be the name of one")
            return verified(self._ground.releases / name, self._ground.keys)
        found = newest(self._ground.releases, self._ground.keys)
        if found is None:
            raise FirmwareError(f"there is no signed release in {self._ground.releases}")
        return found

    def census(self, release: Release) -> Census:
        """What firmware there is. Raises RefusedError while a device is being written."""
        with lock.held(self._ground.folder):
            return self._census(release)

    def plan(self, release: Release) -> tuple[Plan, ...]:
        """What a release says of the devices that are here. Changes nothing."""
        listed = index.entries(release)
        return index.plan(listed, self.census(release).devices) if listed else ()

    def apply(self, release: Release) -> tuple[Job, ...]:
        """Bring every device to what a release says, one after the other.

        After one that is broken no other is begun. Raises RefusedError when not now.
        """
        done: list[Job] = []
        for plan in self.plan(release):
            if plan.is_due and not any(job.outcome is Outcome.BROKEN for job in done):
                done.append(self.update(release, plan))
        return tuple(done)

    def update(self, release: Release, plan: Plan) -> Job:
        """Bring one device to a version; answers how it ended. Raises FirmwareError, ReleaseError,
        RefusedError before anything was begun."""
        with lock.held(self._ground.folder) as held:
            if self._record.unfinished():
                raise RefusedError("an update was cut off: vigie-agent firmware resume")
            self._ground.refuse(self._config)
            hook(release, plan.device.hook)
            job = self._job(release, plan)
            self._record.begin(job)
            self._lay(release, job, plan)
            self._record.write(job)
            return self._carry(job, held)

    def resume(self) -> tuple[Job, ...]:
        """Put to rights every update that was cut off; answers how each ended."""
        if not self._record.unfinished():
            return ()
        with lock.held(self._ground.folder, _ORPHAN_S) as held:
            return tuple(
                self._carry(steps.taken_up(job), held) for job in self._record.unfinished()
            )

    def history(self) -> tuple[Job, ...]:
        """The last updates, the oldest first."""
        return tuple(self._record.all())

    def _census(self, release: Release) -> Census:
        ground = self._ground
        return census.take(release, self._config, ground.folder, ground.rules, ground.world)

    def _job(self, release: Release, plan: Plan) -> Job:
        entry = plan.entry
        previous = entry.previous
        return Job(
            id=f"{time.time_ns():020d}-{secrets.token_hex(4)}",
            release=release.name,
            hook=plan.device.hook,
            device=msgspec.to_builtins(plan.device),
            firmware=_source(release, entry.file, entry.version, ""),
            previous=_source(release, previous.file, previous.version, "previous-")
            if previous
            else None,
        )

    def _lay(self, release: Release, job: Job, plan: Plan) -> None:
        """Copies of what was signed, as long as the job lives. Raises ReleaseError, RecordError."""
        names = {job.firmware.file: plan.entry.file}
        if job.previous is not None and plan.entry.previous is not None:
            names[job.previous.file] = plan.entry.previous.file
        for target, name in names.items():
            self._record.keep(job, target, release.proven(f"{index.FOLDER}/{name}"))

    def _carry(self, job: Job, held: int) -> Job:
        """Step by step to the end, each on disk before it is taken."""
        while job.stage is not Stage.DONE:
            if steps.is_worn_out(job):
                answer = Answer(False, reason=f"{job.stage} was begun too often, and cut off")
            else:
                job = steps.begun(job)
                self._record.write(job)
                answer = self._ask(job, held)
            job = steps.after(job, answer)
            self._record.write(job)
        self._record.finish(job)
        log.info("firmware of %s: %s %s %s", job.name, job.outcome, job.version, job.reason)
        return job

    def _ask(self, job: Job, held: int) -> Answer:
        home = self._record.home(job.id)
        place = Place(home / "work", home / f"{job.stage}.out", held)
        try:
            if job.stage is Stage.FLASH:
                self._ground.refuse(self._config)
            doing = hook(self._of(job), job.hook)
            request = self._request(job, doing, home)
            rules = self._ground.rules
            return process.run(
                doing, job.stage.asks, request, place, rules, lambda told: self._said(job, told)
            )
        except RefusedError as err:
            return Answer(False, reason=str(err), is_later=True)
        except (AgentError, OSError) as err:
            return Answer(False, reason=str(err))

    def _of(self, job: Job) -> Release:
        """Its release; or, when that has gone, the newest: the hook of its name will do."""
        try:
            return self.release(job.release)
        except ReleaseError:
            return self.release()

    def _request(self, job: Job, doing: Hook, home: Path) -> Mapping[str, Any]:
        """The device as it is found now: its node may be another than before a restart."""
        ground = self._ground
        shown = candidates(doing, self._config.peripherals, ground.world.sys, ground.world.dev)
        found = next((one for one in shown if one.id == job.device["id"]), None)
        now = msgspec.to_builtins(found) if found is not None else {}
        return {
            "protocol": VERSION,
            "folder": str(home / "work"),
            "expected": job.expected,
            "device": {**job.device, **now},
            "firmware": _file(home, job.firmware),
            "previous": _file(home, job.previous) if job.previous is not None else None,
        }


def _source(release: Release, name: str, version: str, prefix: str) -> Source:
    path = f"{index.FOLDER}/{name}"
    release.proven(path)
    return Source(f"{prefix}{Path(name).name}", version, release.files[path].sha256)


def _file(home: Path, source: Source) -> Mapping[str, str]:
    """A copy, looked at again: a power cut may have spoilt it. Raises FirmwareError."""
    path = home / "files" / source.file
    if digest(path) != source.sha256:
        raise FirmwareError(f"{path} is no longer what was signed")
    return {"file": str(path), "version": source.version}
