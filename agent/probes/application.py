"""The kiosk application: does it run, does it stay up, does its page live and get painted?

It runs when a process of the declared name, command line or systemd unit does; it restarts in a
loop when that process is a new one too often. What its page says comes by agent/heartbeat.py.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from agent.clock import uptime_s
from agent.config import Config, Peripheral
from agent.errors import ConfigError
from agent.heartbeat import Heartbeat
from agent.probe import Context, Probe
from agent.probes import page, processes
from agent.probes.finding import Finding, add, unmeasured
from agent.probes.page import Page
from agent.probes.processes import Process, Wanted
from agent.settings import settings
from contract.health import DeviceState, Health

KIND = "application"
NOT_RUNNING, RESTART_LOOP = "not-running", "restart-loop"
_PERIOD_S = 10.0
_PROC = Path("/proc")

Seconds = Annotated[float, Meta(ge=1, le=86400)]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a declaration of an application may say; one of the first three it must."""

    process: str = ""  # the program's name: chromium
    command: str = ""  # a regular expression, found in its command line
    unit: str = ""  # kiosk.service
    loop_starts: Annotated[int, Meta(ge=2, le=100)] = 3  # so many starts
    loop_s: Seconds = 300.0  # within so many seconds are a loop
    heartbeat_port: Annotated[int, Meta(ge=0, le=65535)] = 0  # 0: its page says nothing
    silent_s: Seconds = 30.0  # after so long it is frozen


class Life(Struct, frozen=True):
    """One application over time; times are seconds after boot."""

    process: Process | None = None
    starts: tuple[float, ...] = ()  # those within the time that a loop is seen by
    page: Page = Page(0.0)
    known: Finding | None = None  # of its page, since its process began


class Ears:
    """The ports of all pages, opened when first listened to; a port that is taken, tried again."""

    def __init__(self, open_port: Callable[[int], Heartbeat] = Heartbeat) -> None:
        self._open_port = open_port
        self._open: dict[int, Heartbeat] = {}

    def at(self, port: int) -> Heartbeat | None:
        """Who listens there; None while another program does."""
        if port not in self._open:
            try:
                self._open[port] = self._open_port(port)
            except OSError:
                return None
        return self._open[port]

    def close(self) -> None:
        """Close every port."""
        for one in self._open.values():
            one.close()


def probe(
    config: Config,
    proc: Path = _PROC,
    ears: Ears | None = None,
    now: Callable[[], float] = uptime_s,
) -> Probe:
    """Reports each declared application.

    Raises ConfigError when a declaration's settings are wrong.
    """
    declared = {item.id: _settings(item) for item in config.declared(KIND)}
    _check_ports(declared)
    ears = ears or Ears()
    lives = {name: Life(page=Page(now())) for name in declared}
    last_run = now()

    def run(context: Context) -> tuple[DeviceState, ...]:
        nonlocal last_run
        at = now()
        slept = at - last_run
        last_run = at
        states = []
        for name, wanted in declared.items():
            # In a session another page may be shown; asleep, none could say anything.
            is_deaf = context.in_session or slept >= wanted.silent_s
            life = look(lives[name], wanted, proc, at)
            life = listen(life, wanted, ears, at, is_deaf=is_deaf, is_open=context.is_open)
            lives[name] = life
            states.append(judge(name, life, wanted, at))
        return tuple(states)

    return Probe(KIND, config.probes.period_s(KIND, _PERIOD_S), config.probes.timeout_s, run)


def look(life: Life, wanted: Settings, proc: Path, at: float) -> Life:
    """The life after one look at the process. All processes are read only when it is not there."""
    before = life.process
    process = before and processes.look(proc, before.pid)
    if process is None or _birth(process) != _birth(before):
        process = processes.find(proc, Wanted(wanted.process, wanted.command, wanted.unit))
    starts = tuple(start for start in life.starts if at - start < wanted.loop_s)
    if process is None or _birth(process) == _birth(before):
        return Life(process, starts, life.page, life.known)
    expected = page.expect(life.page, process.started_s)
    return Life(process, (*starts, process.started_s), expected)


def listen(
    life: Life, wanted: Settings, ears: Ears, at: float, *, is_deaf: bool, is_open: bool
) -> Life:
    """The life after what its page said, and was found to be."""
    if not wanted.heartbeat_port:
        return life
    ear = ears.at(wanted.heartbeat_port)
    if ear is None:
        trouble = f"port {wanted.heartbeat_port} is taken by another program"
        return Life(
            life.process, life.starts, page.expect(life.page, at), unmeasured(trouble=trouble)
        )
    heard = page.hear(life.page, ear.read(at))
    if is_deaf:
        return Life(life.process, life.starts, page.expect(heard, at), life.known)
    known = page.judge(heard, at, wanted.silent_s, is_open=is_open) or life.known
    return Life(life.process, life.starts, heard, known)


def judge(name: str, life: Life, wanted: Settings, at: float) -> DeviceState:
    """What is known of an application."""
    state = DeviceState(name, KIND, Health.OK, metrics={"starts": float(len(life.starts))})
    if is_looping(life.starts, wanted, at):
        return add(state, Finding(Health.FAILED, (RESTART_LOOP,)))
    if life.process is None:
        return add(state, Finding(Health.FAILED, (NOT_RUNNING,)))
    runs = Finding(metrics={"running_s": round(at - life.process.started_s)})
    if not wanted.heartbeat_port:
        return add(state, runs)
    return add(state, runs, life.known or unmeasured())


def is_looping(starts: tuple[float, ...], wanted: Settings, at: float) -> bool:
    """Whether it started too often, and has not since stayed up for longer than in between."""
    if len(starts) < wanted.loop_starts:
        return False
    return at - max(starts) < wanted.loop_s / wanted.loop_starts


def _birth(process: Process | None) -> tuple[int, float] | None:
    return (process.pid, process.started_s) if process is not None else None


def _settings(item: Peripheral) -> Settings:
    wanted = settings(item, Settings)
    if not (wanted.process or wanted.command or wanted.unit):
        raise ConfigError(
            f"settings of peripheral {item.id!r} ({KIND}): must name its process, command or unit"
        )
    try:
        re.compile(wanted.command)
    except re.error as err:
        raise ConfigError(
            f"settings of peripheral {item.id!r} ({KIND}): command is {wanted.command!r}, "
            f"must be a regular expression: {err}"
        ) from err
    return wanted


def _check_ports(declared: Mapping[str, Settings]) -> None:
    taken: dict[int, str] = {}
    for name, wanted in declared.items():
        other = taken.setdefault(wanted.heartbeat_port, name)
        if wanted.heartbeat_port and other != name:
            raise ConfigError(
                f"settings of peripheral {name!r} ({KIND}): heartbeat_port is "
                f"{wanted.heartbeat_port}, must be another than that of {other!r}"
            )
