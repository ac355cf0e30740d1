"""`test-scanner`: has it scan a few lines, which are thrown away; the verdict alone is kept."""

from pathlib import Path

import pyudev
from msgspec import Struct

from agent.commands import Work, verdicts
from agent.commands.errand import End, Errand, Job, named, nobody_knows
from agent.commands.scene import Scene
from agent.config import Match, Peripheral
from agent.probes import escl, plugged, sane, scanner
from agent.probes.finding import Finding
from agent.probes.plugged import NOT_CONNECTED, Plugged
from agent.probes.printer_verdict import merge
from agent.probes.sane import Look
from agent.probes.scanner import BUSY, Settings
from agent.settings import settings
from contract.health import Health

NAME = "test-scanner"


def run(job: Job) -> End:
    """Each scanner in turn."""
    items, found = job.items, {}
    udev = pyudev.Context()
    declared = [item for item in job.config.declared(scanner.KIND) if item.match != Match()]
    plugs = plugged.find(udev, "usb", lambda device: scanner.is_scanner(device, declared))
    pairs = plugged.pair(declared, plugs)
    for number, item in enumerate(items):
        job.step(100 * number // len(items), f"scanning with {item.id}")
        found[item.id] = _try(item, pairs.get(item.id, (None, ""))[0], job)
    return verdicts.end(found)


def hindrance(scene: Scene, args: Struct) -> str:
    """A scanner that is not named, or the program that scans."""
    for item in named(scene, NAME, args):
        told = settings(item, Settings)
        if not (told.device or told.url):
            return verdicts.lacking(f"declare settings.device or settings.url of {item.id}")
        if told.device and not Path(sane.SCANIMAGE).exists():
            return verdicts.lacking("install sane-utils")
    return ""


def resume(_job: Job) -> End:
    """A trial leaves nothing behind: it is not worth giving late."""
    return nobody_knows()


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume, hindrance)


def _try(item: Peripheral, one: Plugged | None, job: Job) -> Finding:
    told = settings(item, Settings)
    is_remote = scanner.is_remote(item, told)
    if one is None and not is_remote:
        return Finding(Health.MISSING, (NOT_CONNECTED,))
    looks: list[Look] = []
    if told.device:
        looks.append(
            sane.ask(
                sane.where_plugged(told.device, one.path if one else ""),
                home=job.config.state_dir,
                drivers=told.sane_dir,
                is_remote=is_remote,
                is_trial=True,
            )
        )
    if told.url:
        looks.append(escl.ask(told.url))
        if not told.device and looks[-1].finding.health is Health.OK and not looks[-1].is_busy:
            looks.append(escl.trial(told.url))
    found = merge([each.finding for each in looks])
    if any(each.is_busy for each in looks):
        found = merge([found, Finding(Health.UNKNOWN, (BUSY,))])
    return found
