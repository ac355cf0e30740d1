"""`fetch-logs`: a part of the journal, newest kept, compressed, sent in pieces.

What is sent is a file in the state folder until the last piece is in the outbox: an agent that is
killed meanwhile sends that same file again, and the controller keeps each piece once.
"""

import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from agent.commands import Work, outside, verdicts
from agent.commands.errand import End, Errand, Job, done
from agent.commands.excerpt import Excerpt, fit
from agent.commands.redaction import redact
from agent.commands.scene import Scene
from agent.config import Config
from agent.errors import ProgramError
from agent.probes import application
from contract.command_args import FetchLogs
from contract.messages import PIECE_BYTES, Piece

NAME = "fetch-logs"
KERNEL = "kernel"
#: Where agent.toml names none.
UNITS = (
    "vigie-agent.service",
    "cups.service",
    "salt-minion.service",
    "systemd-networkd.service",
    "NetworkManager.service",
    KERNEL,
)
_JOURNALCTL = "/usr/bin/journalctl"
_MAX_LINE = 4096
#: More of the journal is not read: it is held in memory until it is compressed.
RAW_BYTES = 8 * 1024 * 1024


class LogFetch:
    """`journal` is an option of journalctl that names another journal than this machine's."""

    def __init__(self, program: str = _JOURNALCTL, journal: Sequence[str] = ()) -> None:
        self._program, self._journal = program, tuple(journal)

    def run(self, job: Job) -> End:
        """Read, keep on disk, send."""
        assert isinstance(job.args, FetchLogs)  # noqa: S101 - the frame has parsed them
        job.step(5, "reading the journal")
        units = wanted(job.config, job.args.units)
        excerpt = fit(self._lines(job, units, job.args.since_s), job.args.max_bytes)
        return self._send(job, self._keep(job, excerpt))

    def resume(self, job: Job) -> End:
        """The same file again; where none was kept nothing was sent, and reading costs nothing."""
        noted = job.noted()
        if not noted:
            return self.run(job)
        return self._send(job, msgspec.json.decode(noted, type=dict[str, Any]))

    def hindrance(self, scene: Scene, args: Struct) -> str:
        """No journal, or a unit that is not to be fetched."""
        if not Path(self._program).exists():
            return verdicts.lacking("install systemd's journalctl")
        known = allowed(scene.config)
        for unit in getattr(args, "units", ()):
            if full_name(unit) not in known:
                return verdicts.lacking(f"add {full_name(unit)} to commands.log_units")
        return ""

    def _lines(self, job: Job, units: Sequence[str], since_s: int) -> Iterator[str]:
        """Newest first, redacted, until enough is read."""
        order = [
            *(self._program, *self._journal, "--reverse", "--no-pager", "--quiet"),
            *("--output=short-iso-precise", f"--since=-{since_s}s", *matches(units)),
        ]
        with (
            # Not a pipe: nobody reads it meanwhile, and a full one would hold journalctl up.
            tempfile.TemporaryFile(dir=job.config.state_dir) as complaint,
            subprocess.Popen(  # noqa: S603 - a list of our own, no shell
                order,
                stdout=subprocess.PIPE,
                stderr=complaint,
                text=True,
                errors="replace",
                env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "SYSTEMD_COLORS": "0"},
                start_new_session=True,  # see outside.kill
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101 - PIPE was asked
            limit = threading.Timer(job.left_s, outside.kill, (process,))
            limit.start()
            try:
                size = 0
                for text in _starts(process.stdout):
                    line = redact(text)
                    size += len(line) + 1
                    if size > RAW_BYTES or job.is_over.is_set():
                        outside.kill(process)
                        return
                    yield line
                process.wait()
            finally:
                limit.cancel()
            complaint.seek(0)
            said = complaint.read(500).decode("utf-8", "replace").strip()
        if process.returncode != 0:
            raise ProgramError(f"{self._program}: {said or process.returncode}")

    def _keep(self, job: Job, excerpt: Excerpt) -> dict[str, Any]:
        """On disk, and noted, before the first piece goes. Raises StoreError."""
        stamp = job.scene.clock.utc().strftime("%Y%m%dT%H%M%SZ")
        about = {
            "file": f"{job.config.kiosk}-{stamp}.log.gz",
            "size_bytes": len(excerpt.packed),
            "sha256": hashlib.sha256(excerpt.packed).hexdigest(),
            "lines": excerpt.lines,
            "is_cut": excerpt.is_cut,
        }
        path = _path(job)
        try:
            path.write_bytes(excerpt.packed)
        except OSError as err:
            raise ProgramError(f"{path} cannot be written: {err.strerror}") from err
        job.note(msgspec.json.encode(about).decode())
        return about

    def _send(self, job: Job, about: dict[str, Any]) -> End:
        path = _path(job)
        try:
            packed = path.read_bytes()
        except FileNotFoundError:
            return done(**about)  # it was removed when the outbox had all of it
        pieces = cut(packed)
        for piece in pieces:
            job.step(20 + 75 * piece.index // len(pieces), "sending")
            job.send(piece)
        job.in_loop(lambda: None)  # until the loop has put them all into the outbox
        path.unlink(missing_ok=True)
        return done(**about, pieces=len(pieces))


def _starts(lines: IO[str]) -> Iterator[str]:
    """The start of each line: of a longer one the rest is passed over, never held in memory."""
    while text := lines.readline(_MAX_LINE):
        yield text.rstrip("\n")
        while text and not text.endswith("\n"):
            text = lines.readline(_MAX_LINE)


def cut(packed: bytes) -> tuple[Piece, ...]:
    """A file in pieces; an empty one is one empty piece.

    >>> [(piece.index, piece.count, len(piece.data)) for piece in cut(b"x" * 40_000)]
    [(0, 2, 32768), (1, 2, 7232)]
    """
    count = max(1, -(-len(packed) // PIECE_BYTES))
    return tuple(
        Piece(index, count, packed[index * PIECE_BYTES : (index + 1) * PIECE_BYTES])
        for index in range(count)
    )


def allowed(config: Config) -> tuple[str, ...]:
    """The units that may be fetched: as declared, or the usual ones and the kiosk application's."""
    if config.acts.log_units:
        return config.acts.log_units
    own = (item.settings.get("unit", "") for item in config.declared(application.KIND))
    return (*UNITS, *(str(unit) for unit in own if unit))


def wanted(config: Config, units: Sequence[str]) -> tuple[str, ...]:
    """Those named, or all that may be fetched."""
    return tuple(full_name(unit) for unit in units) or allowed(config)


def full_name(unit: str) -> str:
    """As systemd calls it.

    >>> full_name("cups"), full_name("cups.socket"), full_name("kernel")
    ('cups.service', 'cups.socket', 'kernel')
    """
    return unit if unit == KERNEL or "." in unit else f"{unit}.service"


def matches(units: Sequence[str]) -> list[str]:
    """journalctl's terms: what a unit's processes say, what systemd says of it, or the kernel.

    >>> matches(["cups.service", "kernel"])
    ['_SYSTEMD_UNIT=cups.service', '+', 'UNIT=cups.service', '+', '_TRANSPORT=kernel']
    """
    terms: list[str] = []
    for unit in units:
        if unit == KERNEL:
            terms.append("_TRANSPORT=kernel")
        else:
            terms += [f"_SYSTEMD_UNIT={unit}", f"UNIT={unit}"]
    return [each for term in terms for each in ("+", term)][1:]


def work(scene: Scene) -> Work:
    """The command."""
    act = LogFetch()
    return Errand(NAME, scene, act.run, act.resume, act.hindrance)


def _path(job: Job) -> Path:
    return job.config.state_dir / f"logs-{job.entry.id}.gz"
