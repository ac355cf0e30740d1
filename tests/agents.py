"""Builders for tests of the agent."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from agent.clock import Clock
from agent.config import Broker, Config, Peripheral, PowerMethod
from agent.probe import Context, Probe
from agent.spool import Build
from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Report

KIOSK = "pvp-63003-1"
WAIT_S = 30.0
BOOT = "11111111-2222-4333-8444-555555555555"
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
FINE = DeviceState("system", "system", Health.OK, (), {"uptime_s": 60.0}, {"boot_id": BOOT})


class FakeClock(Clock):
    """Stands still until told otherwise."""

    def __init__(self, at: datetime = NOON, *, is_trusted: bool = True) -> None:
        self.at, self.trusted, self.elapsed = at, is_trusted, 0.0

    def utc(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.elapsed

    def is_trusted(self) -> bool:
        return self.trusted

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)
        self.elapsed += seconds


def config(folder: Path, port: int = 8883, kiosk: str = KIOSK) -> Config:
    """A kiosk whose files all live in `folder`."""
    broker = Broker(
        host="127.0.0.1",
        port=port,
        ca=folder / "ca.pem",
        certificate=folder / f"{kiosk}.pem",
        key=folder / f"{kiosk}.key",
        keepalive_s=5,
        will_delay_s=0,
    )
    return replace(
        Config(kiosk=kiosk, broker=broker, power=PowerMethod.SIMULATED),
        state_dir=folder / "state",
    )


def report(text: str = "", at: datetime = NOON, *, is_trusted: bool = True) -> Build:
    """A report that is known again by its one fact."""
    device = DeviceState("system", "system", Health.OK, facts={"note": text})
    return lambda epoch, seq: Report(
        epoch=epoch,
        seq=seq,
        at=at,
        clock_trusted=is_trusted,
        boot_id=BOOT,
        is_full=True,
        devices=(device,),
        verdict=Verdict(Readiness.READY),
    )


def probe(name: str, *states: DeviceState) -> Probe:
    """Sees the same each time."""

    def run(_: Context) -> tuple[DeviceState, ...]:
        return states

    return Probe(name, 3600.0, 10.0, run)


class OneProbe:
    """A kiosk with one declared peripheral, whose probe is run whenever it is asked.

    `make` is the probe of its kind, as `agent.probes.<kind>.probe`.
    """

    def __init__(
        self,
        make: Callable[[Config], Probe],
        item: Peripheral,
        folder: Path = Path(),
        patience_s: float = WAIT_S,
    ) -> None:
        self._config = replace(config(folder), peripherals=(item,))
        self._id, self._probe = item.id, make(self._config)
        self._patience_s = patience_s

    def look(self, **how: Any) -> DeviceState:
        """What is said of it now; `how` is of the probe's context."""
        states = self._probe.run(Context(self._config, "boot", None, **how))
        (state,) = (one for one in states if one.id == self._id)
        return state

    def until(self, met: Callable[[DeviceState], bool]) -> DeviceState:
        """What is said of it once it is so."""
        limit = time.monotonic() + self._patience_s
        while not met(state := self.look()):
            assert time.monotonic() < limit, state
            time.sleep(0.1)
        return state


def program(path: Path, script: str) -> Path:
    """A stand-in for a program, in shell."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
