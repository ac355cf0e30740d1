"""One update at a time. The lock is handed on to hooks: while one of an update that was killed
still writes, nobody else begins."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.firmware.errors import RecordError, RefusedError

_STEP_S = 0.1


@contextmanager
def held(folder: Path, wait_s: float = 0.0) -> Iterator[int]:
    """The lock's descriptor. Raises RefusedError when it is not free within `wait_s` seconds."""
    try:
        folder.mkdir(parents=True, mode=0o711, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as err:
        raise RecordError(f"{folder}/lock cannot be opened: {err.strerror}") from err
    try:
        _take(descriptor, time.monotonic() + wait_s)
        yield descriptor
    finally:
        os.close(descriptor)  # not unlocked: a hook may hold it still


def _take(descriptor: int, until: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            if time.monotonic() >= until:
                raise RefusedError("another firmware update is running") from err
        time.sleep(_STEP_S)
