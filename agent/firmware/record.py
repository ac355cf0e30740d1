"""An update on disk: written before each step, so that whatever ends it, the next start knows.

<folder>/lock                 held by who updates, and by the hook that runs for him
<folder>/jobs/<id>            of one update:
    job.json                  the Job (steps.py)
    files                     the firmware, checked
    work                      the hook's own
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent.firmware.errors import RecordError
from agent.firmware.steps import Job, Stage

FOLDER = Path("/var/lib/vigie-firmware")
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
_KEPT = 20  # jobs that are done, for whoever wants to know


class Record:
    """The jobs below `folder`. Every method raises RecordError when the disk does not obey."""

    def __init__(self, folder: Path) -> None:
        self._jobs = folder / "jobs"

    def home(self, job: str) -> Path:
        """The folder of one job."""
        return self._jobs / job

    def begin(self, job: Job) -> None:
        """Make room for a job. What was begun before, and never written, is swept out."""
        for folder in self._jobs.glob("*"):
            if not (folder / "job.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
        try:
            for folder in (self._jobs.parent, self._jobs, self.home(job.id)):
                folder.mkdir(parents=True, mode=0o711, exist_ok=True)
            (self.home(job.id) / "files").mkdir(mode=0o755, exist_ok=True)
            (self.home(job.id) / "work").mkdir(mode=0o700, exist_ok=True)
        except OSError as err:
            raise RecordError(f"{self._jobs} cannot be written: {err.strerror}") from err

    def keep(self, job: Job, name: str, source: Path) -> None:
        """A file of the job's own, on the disk when this returns."""
        target = self.home(job.id) / "files" / name
        try:
            with source.open("rb") as read, target.open("wb") as written:
                shutil.copyfileobj(read, written)
                written.flush()
                os.fsync(written.fileno())
            _sync(target.parent)
        except OSError as err:
            raise RecordError(f"{target} cannot be written: {err.strerror}") from err

    def write(self, job: Job) -> None:
        """On the disk when this returns, whole or as it was before."""
        path = self.home(job.id) / "job.json"
        draft = path.with_suffix(".new")
        try:
            with os.fdopen(os.open(draft, _WRITE, 0o600), "wb") as file:
                file.write(msgspec.json.encode(job))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            _sync(path.parent)
        except OSError as err:
            raise RecordError(f"{path} cannot be written: {err.strerror}") from err

    def unfinished(self) -> tuple[Job, ...]:
        """Those that were cut off, in the order of their beginning."""
        return tuple(job for job in self.all() if job.stage is not Stage.DONE)

    def all(self) -> Iterator[Job]:
        """Every job that can be read. One that cannot was never begun: its writing was cut off."""
        for path in sorted(self._jobs.glob("*/job.json")):
            try:
                yield msgspec.json.decode(path.read_bytes(), type=Job)
            except (OSError, msgspec.DecodeError):
                continue

    def finish(self, job: Job) -> None:
        """Give the room of its files back; keep what it was, of the last ones."""
        for name in ("files", "work"):
            shutil.rmtree(self.home(job.id) / name, ignore_errors=True)
        done = [one.id for one in self.all() if one.stage is Stage.DONE]
        for old in done[:-_KEPT]:
            shutil.rmtree(self.home(old), ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
