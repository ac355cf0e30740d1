"""`vigie up`: runs the parts of a small installation, and starts again one that ends.

One part's end leaves the others at work: pages stay while ingest restarts, kiosks keep what they
have to say. A larger installation has a systemd unit for each part (deploy/systemd) instead.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: A child does not outlive us, even when we are killed: the kernel then sends it SIGTERM.
_TIED = ("/usr/bin/setpriv", "--pdeathsig", "TERM", "--")
_STOP_S = 10.0
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_SOUND_AFTER_S = 60.0  # having run this long, a part's next end is a new one


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep running."""

    name: str
    command: tuple[str, ...]


def next_wait_s(last_s: float, ran_s: float) -> float:
    """How long to wait before starting a part that ran so long; doubling, with a cap.

    >>> next_wait_s(0, 0.1), next_wait_s(16, 0.1), next_wait_s(30, 0.1), next_wait_s(30, 90)
    (1.0, 30.0, 30.0, 1.0)
    """
    if last_s == 0 or ran_s >= _SOUND_AFTER_S:
        return _FIRST_WAIT_S
    return min(2 * last_s, _LONGEST_WAIT_S)


def run(parts: Sequence[Part], home: Path) -> None:
    """Runs the parts until SIGTERM or SIGINT, their output line by line on ours, by name."""
    asyncio.run(_Supervisor(parts, home).run())


class _Supervisor:
    def __init__(self, parts: Sequence[Part], home: Path) -> None:
        self._parts = parts
        self._environment = {**os.environ, "VIGIE_HOME": str(home), "PYTHONUNBUFFERED": "1"}
        self._width = max(len(part.name) for part in parts)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            for part in self._parts:
                group.create_task(self._keep(part))

    async def _keep(self, part: Part) -> None:
        wait_s = 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._once(part)
            if self._stopping.is_set():
                return
            wait_s = next_wait_s(wait_s, time.monotonic() - began)
            self._say(part.name, f"ended with {_ending(code)}; again in {wait_s:.0f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)

    async def _once(self, part: Part) -> int:
        process = await asyncio.create_subprocess_exec(
            *_TIED,
            *part.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
            # Ctrl-C in a terminal reaches a whole group: this one is told by us, once.
            start_new_session=True,
        )
        reading = asyncio.create_task(self._relay(part, process.stdout))
        ending = asyncio.create_task(_end(process))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((ending, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ending.done():
            await self._stop(part, process, ending)
        await reading
        return await ending

    async def _stop(
        self, part: Part, process: asyncio.subprocess.Process, ending: "asyncio.Task[int]"
    ) -> None:
        process.terminate()
        await asyncio.wait((ending,), timeout=_STOP_S)
        if not ending.done():
            self._say(part.name, f"does not stop within {_STOP_S:.0f} s: killed")
            process.kill()

    async def _relay(self, part: Part, output: asyncio.StreamReader | None) -> None:
        if output is None:
            return
        while True:
            try:
                line = await output.readline()
            except ValueError:  # longer than the reader's limit: what it had is dropped
                continue
            if not line:
                return
            self._say(part.name, line.decode("utf-8", "replace").rstrip())

    def _say(self, name: str, text: str) -> None:
        sys.stderr.write(f"{name:<{self._width}} | {text}\n")
        sys.stderr.flush()


async def _end(process: asyncio.subprocess.Process) -> int:
    """Its exit code, once it and all that it started have ended.

    What a part leaves behind goes with it: a killed Salt master's workers would keep its ports and
    its name, and its successor would quit. They keep its output open as well, which is what
    asyncio's own `wait` waits for.
    """
    await _exit(process.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return await process.wait()


async def _exit(pid: int) -> None:
    """Returns when the process itself has ended, whatever becomes of its children."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        loop.add_reader(descriptor, ended.set)
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _ending(code: int) -> str:
    return f"code {code}" if code >= 0 else signal.Signals(-code).name
