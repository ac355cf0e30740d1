"""The year played through the real broker, the real ingest, a worker of its own process and a real
PostgreSQL, each of which is killed without a word at random, and started again."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import IO

from django.db import InterfaceError, OperationalError, connection

from bench.year import stage
from bench.year.clock import FileClock
from bench.year.kiosks import NAME, Kiosks
from bench.year.lives import Story
from bench.year.play import batches
from bench.year.strokes import Stroke, strokes
from tests.peer.mqtt import context, own
from tests.peer.postgres import Postgres
from tests.peer.region import ROOT, Region

#: Somebody is killed at some instant within so long of a batch's begin.
_WITHIN_S = 0.05


class Chaos:
    """`play` the year in a region whose database is `postgres`. Django is set up on both.

    One of the four is killed in one of `killed_in` batches, drawn from the seed.
    """

    def __init__(self, region: Region, postgres: Postgres, seed: int, killed_in: int) -> None:
        self._region, self._postgres, self._killed_in = region, postgres, killed_in
        self._draw = random.Random(seed)  # noqa: S311 - a play, not a secret
        self._clock = FileClock(region.home.parent / "clock")
        self._worker: subprocess.Popen[str] | None = None
        self._ingest: subprocess.Popen[bytes] | None = None
        self.kills = dict.fromkeys(("broker", "ingest", "worker", "database"), 0)
        self._due: datetime | None = None

    def play(self, story: Story, progress: Callable[[datetime], None]) -> None:
        """Live through the whole year."""
        self._clock.set(story.truth.first)
        self._region.start_broker()
        self._start_ingest()
        kiosks = Kiosks(
            self._region.broker_port, context(own(self._region.pki, NAME)), self._missing
        )
        try:
            for now, group in batches(strokes(story)):
                self._pass_until(now)
                self._clock.set(now)
                with self._trouble():
                    kiosks.say(group)
                    self._deeds(group)
                    self._turn(now)
                progress(now)
            self._pass_until(story.truth.last)
        finally:
            kiosks.close()
            self._end()
            connection.close()  # a killed server may be at its other end

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Now and then somebody is killed in the midst of it."""
        if self._draw.randrange(self._killed_in):
            yield
            return
        victim = self._draw.choice(list(self.kills))
        timer = threading.Timer(self._draw.uniform(0, _WITHIN_S), self._kill, (victim,))
        timer.start()
        yield
        timer.join()

    def _kill(self, victim: str) -> None:
        self.kills[victim] += 1
        if victim == "broker":
            self._region.kill("broker")
            self._region.start_broker()
        elif victim == "database":
            self._postgres.kill()
        elif victim == "ingest" and self._ingest is not None:
            self._ingest.kill()
            self._ingest.wait()
            self._start_ingest()
        elif self._worker is not None:
            self._worker.kill()

    def _deeds(self, group: Sequence[Stroke]) -> None:
        for stroke in group:
            if stroke.deed is not None:
                persist(partial(stage.do, stroke))

    def _pass_until(self, now: datetime) -> None:
        while self._due is not None and self._due < now:
            due = self._due
            self._clock.set(due)
            self._turn(due)

    def _turn(self, now: datetime) -> None:
        """Ask until a worker lives long enough to answer."""
        while True:
            answer = self._ask(now)
            if answer is not None:
                self._due = datetime.fromisoformat(answer) if answer else None
                return

    def _ask(self, now: datetime) -> str | None:
        if self._worker is None or self._worker.poll() is not None:
            self._worker = self._start_worker()
        stdin, stdout = self._worker.stdin, self._worker.stdout
        if stdin is None or stdout is None:
            return None
        try:
            _tell(stdin, f"{now.isoformat()}\n")
            line = stdout.readline()
        except (BrokenPipeError, OSError):
            line = ""
        if not line:  # killed: the answer that never came is asked for again
            self._worker.wait()
            return None
        return line.strip()

    def _start_ingest(self) -> None:
        log = (self._region.home.parent / "ingest.log").open("ab")
        with log:
            self._ingest = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "bench.year.ingestor",
                    str(self._region.home.parent / "clock"),
                ],
                cwd=ROOT,
                env=self._region.environment,
                stdout=log,
                stderr=log,
            )

    def _start_worker(self) -> subprocess.Popen[str]:
        log = (self._region.home.parent / "worker.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "bench.year.worker"],
                cwd=ROOT,
                env=self._region.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _end(self) -> None:
        for process in (self._worker, self._ingest):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
        if self._worker is not None:
            for pipe in (self._worker.stdin, self._worker.stdout):
                if pipe is not None:
                    pipe.close()

    def _missing(self, wanted: Sequence[tuple[str, str, bool]]) -> Sequence[tuple[str, str, bool]]:
        from controller.fleet.models import Status

        found: set[tuple[str, str, bool]] = set()

        def read() -> None:
            rows = Status.objects.filter(kiosk__in=[kiosk for kiosk, _, _ in wanted])
            found.update(rows.values_list("kiosk_id", "session", "is_online"))

        persist(read)
        return [one for one in wanted if one not in found]


def persist(deed: Callable[[], None], patience_s: float = 60.0) -> None:
    """Do something at the database, again while that is away. Raises django.db.Error at last."""
    end = time.monotonic() + patience_s
    while True:
        try:
            return deed()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _tell(pipe: IO[str], text: str) -> None:
    pipe.write(text)
    pipe.flush()


def allow(region: Region) -> None:
    """One client may speak for all kiosks of this region."""
    from controller.enrolment.authority import Authority

    Authority(region.pki).issue_client(NAME)
    acl = region.home / "broker" / "acl"
    said = "\n".join(
        f"topic write vigie/1/+/{name}" for name in ("presence", "inventory", "report")
    )
    text = acl.read_text()
    acl.write_text(f"user {NAME}\n{said}\ntopic read vigie/1/+/ack\n\n{text}")
