"""The check: every probe once, without a broker, for a technician in front of the kiosk."""

import os
import time
from pathlib import Path
from queue import Empty, SimpleQueue

from agent import wording
from agent.config import Config
from agent.probe import Context
from agent.probes import probes
from agent.scheduler import Result, Scheduler
from agent.wording import Language
from contract.health import DeviceState, Verdict, verdict

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def run(config: Config, *, is_deep: bool = False) -> tuple[tuple[DeviceState, ...], Verdict]:
    """Measure everything once, each probe within its time limit. Takes some seconds.

    `is_deep` also looks through cameras and listens to loudspeakers.

    The agent's own device is left out: it tells of a process that is not this one.
    """
    every = probes(config)
    results: SimpleQueue[Result] = SimpleQueue()
    context = Context(config, _BOOT_ID.read_text().strip(), None, is_deep=is_deep)
    scheduler = Scheduler(every, lambda: context, results.put)
    found: dict[str, Result] = {}
    while not all(probe.name in found for probe in every):
        scheduler.tick(time.monotonic())
        try:
            result = results.get(timeout=scheduler.due(time.monotonic()))
        except Empty:
            continue
        found[result.probe] = result
    scheduler.stop()
    devices = tuple(state for probe in every for state in found[probe.name].states)
    return devices, verdict(devices, config.required)


def text(devices: tuple[DeviceState, ...], answer: Verdict, spoken: Language | None = None) -> str:
    """What was found, in plain language: in the terminal's unless said otherwise."""
    spoken = spoken or wording.language(os.environ)
    measured = {state.id for state in devices}
    width = max((len(state.id) for state in devices), default=0)
    lines = [f"{wording.phrase(wording.READINESS[answer.state], spoken)}.", ""]
    for state in devices:
        health = wording.phrase(wording.HEALTH[state.health], spoken)
        lines.append(f"  {state.id:<{width}}  {health:<17}  {_figures(state, spoken)}".rstrip())
        lines += [f"  {'':<{width}}  - {wording.reason(each, spoken)}" for each in state.reasons]
    silent = [name for name in answer.because if name not in measured]
    lines += [
        f"  {name:<{width}}  {wording.phrase(wording.NOT_ANSWERED, spoken)}" for name in silent
    ]
    return "\n".join(lines)


def _figures(state: DeviceState, spoken: Language) -> str:
    return ", ".join(
        wording.phrase(form, spoken).format(state.metrics[name])
        for name, form in wording.FIGURES.items()
        if name in state.metrics
    )
