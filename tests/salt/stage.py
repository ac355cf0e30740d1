"""A region with a real Salt master, its API and real minions, on loopback and free ports.

    with Stage() as stage:                      # `vigie init`, salt-master and salt-api run
        stage.release("r1", {"top.sls": TOP, "here.sls": "..."})
        stage.pillars["pvp-1"] = {...}          # what the kiosks' door gives under "vigie"
        (minion,) = stage.minions("pvp-1")      # made, accepted through the port, and it answers
        stage.port.submit(Job(new_jid(now), "state.apply", ("pvp-1",), kwargs={"saltenv": "r1"}))
        returns = stage.returned(jid, "pvp-1")  # waits for them

    stage.kill("master"); stage.start("master")        # or "api"; SIGKILL, with all its workers
    stage.stop("master")                                # SIGTERM
    minion.kill(), minion.stop(), minion.start()
    stage.region                                        # tests.peer.region.Region of the same home
    stage.config                                        # its vigie.toml, read

A stand-in for the kiosks' door gives `stage.pillars`, to the master's certificate alone, and
`with stage.real_door():` puts the real one in its place for a while. `Stage(door="real")` has no
stand-in: see `stage.region.start_web()`. `Stage(by_up=True)` leaves everything, the real door too,
to `vigie up`, whose log is `stage.region.log("up")`. Everything lies in a short folder under /tmp:
Salt's sockets have long names. Fixtures are in tests/salt/conftest.py.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from controller import config
from controller.salt import master
from controller.salt.client import SaltApi, endpoint
from controller.salt.port import Job, PortError, Return, new_jid
from controller.salt.terms import minion_terms
from tests.peer.region import ROOT, Region, free_port, wait_until
from tests.salt.door import PillarDoor
from tests.salt.minion import TIED, Minion

PROGRAMS = ROOT / ".salt" / "bin"
_PATIENCE_S = 60.0


def is_installed() -> bool:
    """Whether ./scripts/setup salt has been here."""
    return (PROGRAMS / "salt-master").exists()


class Stage:
    """See the module. Use as a context manager: every process it started is ended with it."""

    def __init__(
        self, extra_toml: str = "", door: str = "stand-in", *, by_up: bool = False
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vs-", dir="/tmp"))
        toml = (
            f'[salt]\nis_managed = true\nprograms = "{PROGRAMS}"\nlisten = "127.0.0.1"\n'
            f'public_host = "127.0.0.1"\npublish_port = {free_port()}\n'
            f"return_port = {free_port()}\napi_port = {free_port()}\n{extra_toml}"
        )
        self.region = Region(self.folder, toml)
        self.config = config.load(self.region.home)
        self.pillars: dict[str, Mapping[str, Any]] = {}
        self.port = SaltApi(endpoint(self.config))
        has_stand_in = door == "stand-in" and not by_up
        self._door = PillarDoor(self.region, self.pillars) if has_stand_in else None
        self._by_up = by_up
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._minions: list[Minion] = []

    def __enter__(self) -> Self:
        if self._door is not None:
            self._door.start()
        if self._by_up:
            self.region.start("up")
        else:
            self.start("master")
            self.start("api")
        self.wait_for_api()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for minion in self._minions:
            minion.kill()
        for name in list(self._processes):
            self.kill(name)
        if self._door is not None:
            self._door.stop()
        self.port.close()
        self.region.__exit__(kind, error, trace)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def salt(self) -> Path:
        """The master's folder in the home."""
        return self.region.home / "salt"

    def start(self, name: str) -> None:
        """Start "master" or "api", as `vigie up` would; see `wait_for_api`."""
        command = dict(zip(("master", "api"), master.commands(self.config), strict=True))[name]
        with (self.folder / f"salt-{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [*TIED, *command],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """SIGKILL to it and its workers: the end without a word."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> None:
        """SIGTERM, and wait for it."""
        self._processes[name].terminate()
        self._processes[name].wait(_PATIENCE_S)
        self._processes.pop(name)

    def wait_for_api(self) -> None:
        """Returns once the API answers, and the master behind it."""
        wait_until(self._answers, "salt-api answers, and its master", _PATIENCE_S)

    def log(self, name: str) -> str:
        """All that "master" or "api" has printed."""
        path = self.folder / f"salt-{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def minions(self, *kiosks: str) -> tuple[Minion, ...]:
        """Make, accept and start one for each; they answer when this returns."""
        made = tuple(self.minion(kiosk) for kiosk in kiosks)
        for one in made:
            self.port.accept(one.kiosk, one.public_key)
            one.start()
        self.wait_for(*kiosks)
        return made

    def minion(self, kiosk: str, folder: str = "") -> Minion:
        """One that is neither accepted nor started. Its own folder, for a second of one id."""
        made = Minion(
            kiosk, self.folder / (folder or kiosk), PROGRAMS / "salt-minion", self._terms()
        )
        self._minions.append(made)
        return made

    def wait_for(self, *kiosks: str) -> None:
        """Returns once each answers a ping."""
        ends_at = time.monotonic() + _PATIENCE_S
        while True:
            jid = self.ping(*kiosks)
            try:
                self.returned(jid, *kiosks, timeout_s=3.0)
            except AssertionError:
                assert time.monotonic() < ends_at, f"{kiosks} do not all answer: {self.logs()}"
            else:
                return

    def ping(self, *kiosks: str) -> str:
        """Submit a ping; its job id."""
        return self.submit("test.ping", *kiosks)

    def submit(self, function: str, *kiosks: str, args: tuple[str, ...] = (), **kwargs: Any) -> str:
        """Submit a job of a new id; that id."""
        job = Job(new_jid(datetime.now(UTC)), function, kiosks, args, kwargs)
        self.port.submit(job)
        return job.id

    def returned(self, jid: str, *kiosks: str, timeout_s: float = _PATIENCE_S) -> dict[str, Return]:
        """The returns of these kiosks, waited for, by kiosk."""
        found: dict[str, Return] = {}

        def is_there() -> bool:
            found.update({one.kiosk: one for one in self.port.returns(jid)})
            return found.keys() >= set(kiosks)

        wait_until(is_there, f"returns of {jid}: has {sorted(found)}", timeout_s)
        return found

    def release(self, name: str, states: Mapping[str, str], files: Mapping[str, str] = {}) -> Path:
        """Lay an environment, unsigned; its folder. States and files are by their paths."""
        folder = self.salt / "releases" / name
        for kind, given in (("states", states), ("files", files)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            for path, content in given.items():
                target = folder / kind / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content)
        return folder

    @contextmanager
    def real_door(self) -> Iterator[None]:
        """`vigie web` is at the kiosks' door instead of the stand-in."""
        if self._door is not None:
            self._door.stop()
        self.region.start_web()
        try:
            yield
        finally:
            self.region.stop("web")
            if self._door is not None:
                self._door.start()

    def logs(self) -> str:
        """What master, API and minions have printed, for a test that failed."""
        told = [f"{name}: {self.log(name)}" for name in ("master", "api")]
        return "\n".join([*told, *(f"{one.kiosk}: {one.log()}" for one in self._minions)])

    def _answers(self) -> bool:
        try:
            self.port.accepted()
        except PortError:
            return False
        return True

    def _terms(self) -> dict[str, Any]:
        return msgspec.structs.asdict(minion_terms(self.config))
