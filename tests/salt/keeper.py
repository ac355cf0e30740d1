"""A service in small, where there is no systemd: starts a program, starts it again when it ends.

    keeper.py restart|stop FOLDER PROGRAM ARGUMENT...

As systemd does, it sees the old processes to their end before it starts the next: Salt's new minion
quits when it finds the old one.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_AGAIN_S = 0.5
_PATIENCE_S = 30.0


def main(order: str, folder: Path, command: list[str]) -> int:
    """`restart` returns once it has been started, `stop` once it is gone."""
    keeper = folder / "keeper.pid"
    if keeper.exists():
        number = int(keeper.read_text())
        os.kill(number, signal.SIGTERM)
        end = time.monotonic() + _PATIENCE_S
        while keeper.exists():
            if time.monotonic() > end:
                return 1
            time.sleep(0.02)
    if order == "stop":
        return 0
    if os.fork() == 0:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(silence, number)
        _keep(keeper, folder, command)
        os._exit(0)
    while not keeper.exists():
        time.sleep(0.02)
    return 0


def _keep(keeper: Path, folder: Path, command: list[str]) -> None:
    is_over = False

    def stop(*_: object) -> None:
        nonlocal is_over
        is_over = True
        _kill(process)

    while not is_over:
        with (folder / "salt.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=folder, start_new_session=True
            )
        signal.signal(signal.SIGTERM, stop)
        keeper.write_text(str(os.getpid()))
        process.wait()
        _kill(process)  # what it has left of its own
        time.sleep(0 if is_over else _AGAIN_S)
    keeper.unlink()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
