"""Programs that run while something is measured, and end with it."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from bench.errors import BenchError
from bench.footprint import Tree
from bench.venvs import ROOT

_GRACE_S = 15
_PATIENCE_S = 30.0


class Program:
    """One that was started; its output is in `log`."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    @property
    def tree(self) -> Tree:
        """Its processes. Raises BenchError when it has ended."""
        status = self._process.poll()
        if status is not None:
            raise BenchError(f"it ended with status {status}: {self.said.strip()[-200:]}")
        return Tree(self._process.pid)

    @property
    def said(self) -> str:
        """All that it printed."""
        return self._log.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Until it has printed `text`. Raises BenchError when it ends, or takes too long."""
        limit = time.monotonic() + _PATIENCE_S
        while text not in self.said:
            if time.monotonic() > limit:
                raise BenchError(f"no {text!r} within {_PATIENCE_S:.0f} s: {self.said[-200:]}")
            self.tree  # noqa: B018 - it runs, or this says why it does not
            time.sleep(0.05)

    def wait(self) -> None:
        """Until it ends by itself. Raises BenchError when it takes too long."""
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired as err:
            raise BenchError(f"no end within {_PATIENCE_S:.0f} s: {self.said[-200:]}") from err

    def end(self) -> None:
        """SIGTERM, and after a while SIGKILL to what is left of it and its children."""
        if self._process.poll() is not None:
            return
        root = psutil.Process(self._process.pid)
        family = [root, *root.children(recursive=True)]
        self._process.terminate()
        _, left = psutil.wait_procs(family, _GRACE_S)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()


class Programs:
    """Starts programs, and ends them all, the last first. A context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Program] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in reversed(self._started):
            program.end()

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Program:
        """Start a program, in our own environment where none is given."""
        log = self._folder / f"{name}.log"
        program = Program(command, log, os.environ if environment is None else environment)
        self._started.append(program)
        return program
