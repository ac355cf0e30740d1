"""Where a demonstration keeps its state, and the ports it listens on."""

import fcntl
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import DemoError

HERE = "127.0.0.1"  # all listen on loopback only
HOST = "localhost"  # the name in the certificates
_LOCK = "demo.lock"  # also marks the folder as ours


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP, on loopback."""

    web: int = 8000
    door: int = 8443
    broker: int = 8883
    salt: int = 24505  # the first of four

    @property
    def publish(self) -> int:
        """Where minions hear the master."""
        return self.salt

    @property
    def returns(self) -> int:
        """Where they answer it."""
        return self.salt + 1

    @property
    def real_api(self) -> int:
        """The master's own API."""
        return self.salt + 2

    @property
    def api(self) -> int:
        """That of all minions, simulated and real: the controller's."""
        return self.salt + 3

    def require_free(self, *, with_salt: bool) -> None:
        """Raises DemoError naming the port, what it is for and the option that moves it."""
        wanted = [
            ("--port", self.web, "the pages"),
            ("--door-port", self.door, "the kiosks' door"),
            ("--broker-port", self.broker, "the broker"),
        ]
        if with_salt:
            ports = (self.publish, self.returns, self.real_api, self.api)
            wanted += [("--salt-port", port, "Salt") for port in ports]
        for option, port, use in wanted:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HERE, port))
                except OSError as err:
                    raise DemoError(
                        f"port {port} for {use} cannot be listened on ({err.strerror}): end what "
                        f"has it, or choose another with {option}"
                    ) from err


@dataclass(frozen=True, slots=True)
class Layout:
    """One folder holds everything."""

    folder: Path

    @property
    def home(self) -> Path:
        """The controller's."""
        return self.folder / "controller"

    @property
    def fleet(self) -> Path:
        """Certificates of the simulated kiosks."""
        return self.folder / "fleet"

    @property
    def agent(self) -> Path:
        """The real agent's configuration, certificate and state."""
        return self.folder / "agent"

    @property
    def logins(self) -> Path:
        """Names, roles and passwords, for the owner's eyes."""
        return self.folder / "logins.json"

    @property
    def status(self) -> Path:
        """How the simulated fleet is."""
        return self.folder / "fleet.json"

    @property
    def outages(self) -> Path:
        """Which lines of the simulated fleet are cut."""
        return self.folder / "outages.json"

    @property
    def effects(self) -> Path:
        """What releases do to the simulated fleet."""
        return self.folder / "effects.json"

    def is_in_use(self) -> bool:
        """Whether a demonstration runs in this folder."""
        try:
            with (self.folder / _LOCK).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def log(self, name: str) -> Path:
        """Where the process `name` writes."""
        return self.folder / "log" / f"{name}.log"

    @contextmanager
    def locked(self, *, fresh: bool) -> Iterator[None]:
        """Own the folder for a while; `fresh` empties it first. Raises DemoError.

        A folder that holds something else is never emptied nor used.
        """
        lock = self.folder / _LOCK
        if self.folder.exists() and any(self.folder.iterdir()) and not lock.exists():
            raise DemoError(f"{self.folder} is not empty and no demonstration's: choose another")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as err:
                raise DemoError(f"a demonstration runs in {self.folder} already") from err
            if fresh:
                _empty(self.folder, but=lock)
            self.log("any").parent.mkdir(exist_ok=True)
            yield


def _empty(folder: Path, but: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != but:
            entry.unlink()
