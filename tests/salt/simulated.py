"""The simulator's own Salt, as a contract test of the port wants it: see tests.salt.world."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from controller.salt.client import SaltApi
from controller.salt.port import Port
from controller.salt.session import Endpoint
from simulator.salt.api import Door
from simulator.salt.api import SaltApi as SimulatedApi
from simulator.salt.effects import Effects
from simulator.salt.master import Master
from tests.peer.authority import Authority
from tests.peer.region import free_port, wait_until
from tests.salt.world import FAILING, SLOW, SLOW_S, SOUND

PASSWORD = "the simulator's"


class Kiosks:
    """Some kiosks: who is on, and what was done to them."""

    def __init__(self) -> None:
        self.on: set[str] = set()
        self.updates: list[tuple[str, frozenset[str]]] = []

    def is_known(self, kiosk: str) -> bool:
        return True

    def is_reachable(self, kiosk: str) -> bool:
        return kiosk in self.on

    def updated(self, kiosk: str, broken: Collection[str]) -> None:
        self.updates.append((kiosk, frozenset(broken)))


class SimulatedWorld:
    """Use as a context manager. `effects` is written for the environments of the contract."""

    def __init__(self, folder: Path) -> None:
        self.kiosks = Kiosks()
        self.effects = folder / "effects.json"
        self.master = Master(self.kiosks, Effects(self.effects))
        issued = Authority(folder / "pki", "Simulated").issue("localhost")
        password = folder / "password"
        password.write_text(PASSWORD)
        self._door = Door(
            "127.0.0.1", free_port(), issued.certificate, issued.key, "vigie", PASSWORD
        )
        self._api = SimulatedApi(self.master, self._door)
        url = f"https://127.0.0.1:{self._door.port}"
        self.endpoint = Endpoint(url, folder / "pki" / "ca.pem", "vigie", password)
        self._client = SaltApi(self.endpoint)

    def __enter__(self) -> Self:
        self._api.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        self._api.stop()
        self.master.stop()

    @property
    def port(self) -> Port:
        return self._client

    def kiosk(self, name: str) -> None:
        self.kiosks.on.add(name)
        self.port.accept(name, self.public_key())
        names = sorted(self.kiosks.on)
        told = {
            # As a state that has something to change each time it is applied.
            SOUND: {"takes_s": 0.1, "tampered": names},
            FAILING: {"takes_s": 0.1, "fails": names},
            SLOW: {"takes_s": SLOW_S},
        }
        self.effects.write_text(json.dumps(told))

    def leave(self, name: str) -> None:
        self.kiosks.on.discard(name)

    def come_back(self, name: str) -> None:
        self.kiosks.on.add(name)

    @contextmanager
    def without_master(self) -> Iterator[None]:
        self.master.go_down()
        try:
            yield
        finally:
            self.master.come_up()

    @contextmanager
    def without_api(self) -> Iterator[None]:
        self._api.stop()
        try:
            yield
        finally:
            self._api = SimulatedApi(self.master, self._door)
            self._api.start()

    def public_key(self) -> str:
        return "-----BEGIN PUBLIC KEY-----\nsimulated\n-----END PUBLIC KEY-----\n"

    def wait_for_end(self, kiosk: str, jid: str) -> None:
        wait_until(lambda: self.master.has_done(kiosk, jid), f"{kiosk} is done with {jid}")

    def wait_for_work(self, kiosk: str, jid: str) -> None:
        wait_until(lambda: self.master.is_doing(kiosk, jid), f"{kiosk} is at {jid}")
