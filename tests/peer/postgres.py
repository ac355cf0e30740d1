"""A real PostgreSQL on loopback, for what must work on it as on SQLite."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.peer.region import free_port, wait_until

#: PostgreSQL will not run as root; Debian's package brings this user.
_USER = "postgres"


def binaries() -> Path | None:
    """Where Debian keeps the server's programs; None when it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Postgres:
    """One server with one empty database, gone with the context."""

    def __init__(self, programs: Path) -> None:
        self.port = free_port()
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="vigie-postgres-"))
        self._owner = _USER if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """For vigie.toml."""
        return f"postgresql://vigie@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        if self._owner:
            shutil.chown(self._folder, self._owner)
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "vigie", "-E", "UTF8")
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self._folder)

    def restart(self) -> None:
        """End every connection at once, then serve again."""
        self._control("restart", "-m", "immediate")

    def kill(self) -> None:
        """SIGKILL to the server, in the midst of whatever it does; then serve again."""
        pid = int((Path(self._data) / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        # Its children see that it is gone and end; until then no new one can start.
        wait_until(self._has_started, "the start of a killed PostgreSQL")

    def _has_started(self) -> bool:
        try:
            self._start()
        except subprocess.CalledProcessError:
            return False
        return True

    def _start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._control("start", "-o", f"{options} -c unix_socket_directories={self._folder}")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _control(self, *words: str) -> None:
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", *words)

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(self._programs / program), *words],
            check=True,
            timeout=60,
            user=self._owner,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )


def toml(server: Postgres) -> str:
    """What vigie.toml says of this database."""
    return f'[database]\nurl = "{server.url}"\n'
