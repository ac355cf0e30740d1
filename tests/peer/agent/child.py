"""A program of ours as a process, that is told and answers in lines."""

import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
#: A child that does not answer within is ended, and the test with it.
LIMIT_S = 120.0


class Child:
    """A running program, on this machine or inside another namespace."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._limit = threading.Timer(LIMIT_S, self._process.kill)
        self._limit.daemon = True
        self._limit.start()

    def ask(self, order: str) -> str:
        """Say one line, hear one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the child has ended"
        return answer.strip()

    def close(self) -> None:
        """It ends when its input does."""
        self._process.communicate(timeout=20)
        self._limit.cancel()
