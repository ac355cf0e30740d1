"""What a contract test of the port needs around it, whoever is behind: real Salt or a stand-in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from controller.salt.port import Port
from tests.peer.region import wait_until
from tests.salt.minion import Minion, make_keys
from tests.salt.stage import Stage

#: Environments that every world has: what their state does when applied.
SOUND, FAILING, SLOW = "sound", "failing", "slow"
SLOW_S = 3

_TOP = "{{ saltenv }}:\n  '*': [only]\n"
_STATES = {
    SOUND: "only:\n  test.succeed_with_changes\n",
    FAILING: "only:\n  test.fail_without_changes\n",
    SLOW: (
        "began:\n  file.touch:\n    - name: {{ opts['cachedir'] }}/began\n"
        f"only:\n  module.run:\n    - test.sleep:\n      - length: {SLOW_S}\n"
    ),
}


class World(Protocol):
    """One Salt, with kiosks of our choosing."""

    @property
    def port(self) -> Port:
        """What is tested."""

    def kiosk(self, name: str) -> None:
        """See that there is one of this name: accepted, and it answers."""

    def leave(self, name: str) -> None:
        """Switch a kiosk off."""

    def come_back(self, name: str) -> None:
        """And on again: it answers."""

    def wait_for_work(self, name: str, jid: str) -> None:
        """Returns once the kiosk is in the midst of applying `SLOW`, given as this job."""

    def wait_for_end(self, name: str, jid: str) -> None:
        """Returns once the kiosk itself has done a job, whoever may know of it."""

    def without_master(self) -> "Context":
        """The master is killed, and back at the end."""

    def without_api(self) -> "Context":
        """The API is killed, and back at the end."""

    def public_key(self) -> str:
        """One that nobody has, PEM."""


class Context(Protocol):
    """A context manager."""

    def __enter__(self) -> object: ...

    def __exit__(self, *error: object) -> bool | None: ...


class RealWorld:
    """On a stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._minions: dict[str, Minion] = {}
        for name, state in _STATES.items():
            stage.release(name, {"top.sls": _TOP, "only.sls": state})

    @property
    def port(self) -> Port:
        return self._stage.port

    def kiosk(self, name: str) -> None:
        if name not in self._minions:
            self._stage.pillars[name] = {}
            (self._minions[name],) = self._stage.minions(name)

    def leave(self, name: str) -> None:
        self._minions[name].kill()

    def come_back(self, name: str) -> None:
        self._minions[name].start()
        self._stage.wait_for(name)

    def wait_for_work(self, name: str, jid: str) -> None:
        began = self._minions[name].folder / "cache" / "began"
        given_at = datetime.strptime(f"{jid}+0000", "%Y%m%d%H%M%S%f%z").timestamp()
        wait_until(
            lambda: began.exists() and began.stat().st_mtime > given_at, f"{name} began {jid}"
        )

    def wait_for_end(self, name: str, jid: str) -> None:
        kept = self._minions[name].folder / "cache" / "minion_jobs" / jid / "return.p"
        wait_until(kept.exists, f"{name} has done {jid}")

    @contextmanager
    def without_master(self) -> Iterator[None]:
        with self._without("master"):
            yield

    @contextmanager
    def without_api(self) -> Iterator[None]:
        with self._without("api"):
            yield

    def public_key(self) -> str:
        folder = self._stage.folder / "spare"
        folder.mkdir(exist_ok=True)
        return make_keys(folder)

    @contextmanager
    def _without(self, name: str) -> Iterator[None]:
        self._stage.kill(name)
        try:
            yield
        finally:
            self._stage.start(name)
            self._stage.wait_for_api()
