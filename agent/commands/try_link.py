"""`test-link`: delay, jitter and loss to the controller and to the video platforms, for a while."""

import time
from typing import Any

from agent.commands import Work
from agent.commands.errand import End, Errand, Job, done, failed, nobody_knows
from agent.commands.scene import Scene
from agent.config import Config, LineLimits
from agent.probes import echo, line, video_platform
from agent.probes.echo import Plan
from agent.probes.line import Quality
from agent.settings import settings
from contract.command_args import TestLink
from contract.reasons import OutcomeReason

NAME = "test-link"
_INTERVAL_S = 0.2
_NO_ANSWER = "no answer"


def run(job: Job) -> End:
    """Each host for the whole time asked, one after the other: they share one line."""
    assert isinstance(job.args, TestLink)  # noqa: S101 - the frame has parsed them
    found: dict[str, Quality | None] = {}
    hosts = targets(job.config)
    for_s = min(float(job.args.for_s), 0.8 * job.left_s / len(hosts))
    for number, (name, (host, port)) in enumerate(hosts.items()):
        job.step(100 * number // len(hosts), f"measuring the line to {host}")
        address = line.Resolver(host).address()
        found[name] = measure(address, port, for_s) if address else None
    return end(found, job.config.line)


def targets(config: Config) -> dict[str, tuple[str, int]]:
    """Host and port of the controller's broker, and of each declared video platform by its id."""
    hosts = {"controller": (config.broker.host, config.broker.port)}
    for item in config.declared(video_platform.KIND):
        told = settings(item, video_platform.Settings)
        hosts[item.id] = (told.host, told.port)
    return hosts


def measure(address: str, port: int, for_s: float) -> Quality | None:
    """The line to a host; None when nothing there answers. Where ICMP is filtered, its port is
    knocked at instead, and loss cannot be told."""
    plan = Plan(count=max(10, round(for_s / _INTERVAL_S)), interval_s=_INTERVAL_S)
    try:
        echo.burst(address, line.AHEAD)
        quality = line.summarize(echo.burst(address, plan), "icmp")
    except OSError:
        quality = None  # we may not ask
    return quality or _knock(address, port, for_s)


def end(found: dict[str, Quality | None], limits: LineLimits) -> End:
    """What the figures come to: succeeded when a meeting bears every line."""
    result: dict[str, Any] = {}
    faults = []
    for name, quality in found.items():
        if quality is None:
            faults.append(f"{name}: {_NO_ANSWER}")
            continue
        result[f"{name}.rtt_ms"] = quality.rtt_ms
        result[f"{name}.jitter_ms"] = quality.jitter_ms
        if quality.loss_percent is not None:
            result[f"{name}.loss_percent"] = quality.loss_percent
        result[f"{name}.measured_by"] = quality.measured_by
        faults += [f"{name}: {fault}" for fault in judge(quality, limits)]
    result["verdict"] = "bad" if faults else "good"
    if faults:
        return failed(OutcomeReason.DID_NOT_WORK, "; ".join(faults)[:300], **result)
    return done(**result)


def judge(quality: Quality, limits: LineLimits) -> list[str]:
    """Which limits a line breaks. One packet lost alone is no fault.

    >>> judge(Quality(200.0, 5.0, 0.0, 0, "icmp"), LineLimits())
    ['rtt 200 ms, at most 150']
    """
    loss = quality.loss_percent if quality.lost != 1 else 0.0
    pairs = (
        ("rtt", quality.rtt_ms, limits.rtt_ms, " ms"),
        ("jitter", quality.jitter_ms, limits.jitter_ms, " ms"),
        ("loss", loss, limits.loss_percent, " %"),
    )
    return [
        f"{name} {value:g}{unit}, at most {most:g}"
        for name, value, most, unit in pairs
        if value is not None and value >= most
    ]


def resume(_job: Job) -> End:
    """A measurement leaves nothing behind: it is not worth giving late."""
    return nobody_knows()


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume)


def _knock(address: str, port: int, for_s: float) -> Quality | None:
    limit = time.monotonic() + for_s
    times: list[float | None] = []
    while time.monotonic() < limit:
        times.append(line.knock_ms(address, port))
        if times[-1] is None and len(times) >= line.KNOCKS and not any(times):
            break
        time.sleep(_INTERVAL_S)
    quality = line.summarize(times, "tcp-connect")
    if quality is None:
        return None
    return Quality(quality.rtt_ms, quality.jitter_ms, None, 0, quality.measured_by)
