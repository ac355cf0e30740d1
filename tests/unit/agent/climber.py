"""An agent reduced to its recovery ladder, on a real disk, with time that is moved by hand."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from agent.attempts import Attempts
from agent.config import Config, Match, Peripheral, RecoveryLimits, Rung, RungName
from agent.errors import RemedyError, StoreError
from agent.ladder import Ladder, Scene
from agent.loop import Loop
from agent.recovery import Moment
from agent.remedies import Remedy
from agent.scheduler import Result
from agent.store import Store, open_store
from contract.events import EventName
from contract.health import DeviceState, FactValue, Health
from contract.messages import Event
from tests.agents import FakeClock
from tests.agents import config as kiosk_config

REBIND, CYCLE, REBOOT = (Rung(n) for n in (RungName.REBIND, RungName.POWER_CYCLE, RungName.REBOOT))
CAMERA = Peripheral("desk", "camera", match=Match(usb_id="046d:0825"), recovery=(REBIND, CYCLE))
GONE = DeviceState("desk", "camera", Health.MISSING, ("not-connected",))
WELL = DeviceState("desk", "camera", Health.OK, facts={"port": "1-1"})


class FakeRemedy:
    """Stands for what only hardware can show: notes what it was asked."""

    def __init__(self, asked: list[str], name: str) -> None:
        self._asked, self._name = asked, name
        self.trouble = self.blind = ""

    def aim(self, rung: Rung, item: Peripheral, facts: Mapping[str, FactValue]) -> str:
        if self.blind:
            raise RemedyError(self.blind)
        return str(facts.get("port", "?"))

    def act(self, aim: str) -> None:
        self._asked.append(f"{self._name} {aim}")
        if self.trouble:
            raise RemedyError(self.trouble)

    def mend(self, aim: str) -> None:
        self._asked.append(f"mend {self._name} {aim}")


class Kiosk:
    """One life of an agent on a disk that outlives it. Time is moved by hand."""

    def __init__(
        self,
        folder: Path,
        clock: FakeClock,
        life: str,
        *items: Peripheral,
        real: Mapping[RungName, Remedy] | None = None,
    ) -> None:
        self.store = open_store(folder / "agent.db")
        self.is_disk_bad = self.in_session = self.is_busy = False
        self.clock, self.life = clock, life
        self.asked: list[str] = []
        self.looks: list[str] = []
        self.events: list[Event] = []
        self.reboots: list[Callable[[str], None]] = []
        self.loop = Loop(clock.monotonic)
        self.attempts = Attempts(self._disk)
        self.rebind = FakeRemedy(self.asked, "rebind")
        fakes: dict[RungName, Remedy] = {
            RungName.REBIND: self.rebind,
            RungName.POWER_CYCLE: FakeRemedy(self.asked, "power-cycle"),
        }
        scene = Scene(
            in_session=lambda: self.in_session,
            is_busy=lambda: self.is_busy,
            look=self.looks.append,
            say=self._say,
            reboot=self.reboots.append,
            moment=lambda: Moment("kernel", clock.elapsed),
            life=life,
        )
        told: Config = replace(
            kiosk_config(folder), peripherals=items, recovery=RecoveryLimits(reboots_per_day=1)
        )
        self.ladder = Ladder(told, self.attempts, real or fakes, scene, self.loop)
        self.ladder.resume()
        self.until_idle()

    def see(self, *states: DeviceState) -> tuple[DeviceState, ...]:
        """The probe has just measured this."""
        result = Result("camera", states, 0.0, None, self.clock.elapsed)
        marked = self.ladder.heard(result).states
        self.until_idle()
        return marked

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.until_idle()

    def until_idle(self) -> None:
        """Let what is due be done, the acts in their threads included."""
        for _ in range(3):
            for thread in threading.enumerate():
                if thread.name == "remedy":
                    thread.join(30)
            self.loop.turn(0)

    def fails(self, *states: DeviceState) -> None:
        """It fails for long enough that something is tried."""
        self.see(*(states or (GONE,)))
        self.pass_time(61)

    def tried(self) -> list[tuple[FactValue, FactValue]]:
        return [
            (one.facts["rung"], one.facts["worked"])
            for one in self.events
            if one.name == EventName.RECOVERY_TRIED
        ]

    def gave_up(self) -> list[FactValue]:
        return [
            one.facts["reason"] for one in self.events if one.name == EventName.RECOVERY_GAVE_UP
        ]

    def end(self) -> None:
        """kill -9: nothing more is done."""
        self.loop.close()
        self.store.close()

    def _disk(self) -> Store:
        if self.is_disk_bad:
            raise StoreError("the disk is full")
        return self.store

    def _say(self, event: Event, also: Callable[[], None]) -> None:
        with self._disk().transaction():
            also()
        self.events.append(event)
