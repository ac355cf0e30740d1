"""The device `agent`: what watching costs this kiosk, and whether every probe does its work."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from agent import expiry
from agent.probe import Context, Probe
from contract.health import DeviceState, Health

PERIOD_S = 60.0
TIMEOUT_S = 10.0
_STATM = Path("/proc/self/statm")


class Stat(Struct, frozen=True):
    """How the last run of a probe went. `reason` is empty when it went well."""

    probe: str
    duration_s: float
    reason: str = ""


def probe(stats: Callable[[], tuple[Stat, ...]]) -> Probe:
    """Reports the agent's own memory and CPU, and how each probe went."""
    last = (time.monotonic(), time.process_time())

    def run(context: Context) -> tuple[DeviceState, ...]:
        nonlocal last
        now = (time.monotonic(), time.process_time())
        elapsed_s, busy_s = now[0] - last[0], now[1] - last[1]
        last = now
        # Over less than a second the figure would only tell of this very run.
        cpu_percent = 100 * busy_s / elapsed_s if elapsed_s >= 1 else None
        rss_bytes = int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        validity = expiry.read(context.config.broker.certificate)
        days = validity.days_left(datetime.now(UTC)) if validity else None
        return (judge(stats(), rss_bytes, cpu_percent, days),)

    return Probe("agent", PERIOD_S, TIMEOUT_S, run)


def judge(
    stats: tuple[Stat, ...],
    rss_bytes: int,
    cpu_percent: float | None,
    certificate_days: int | None = None,
) -> DeviceState:
    """The device `agent`. A probe that fails degrades it: what nobody measures nobody sees break.

    >>> judge((Stat("camera", 10.0, "timed-out"),), 24_000_000, 0.1).reasons
    ('timed-out',)
    """
    failed = [stat for stat in stats if stat.reason]
    metrics: dict[str, float] = {"rss_bytes": rss_bytes, "probes_failed": len(failed)}
    if cpu_percent is not None:
        metrics["cpu_percent"] = round(cpu_percent, 3)
    if certificate_days is not None:
        metrics["certificate_days"] = certificate_days
    metrics |= {
        f"probe_{stat.probe.replace('-', '_')}_s": round(stat.duration_s, 4) for stat in stats
    }
    return DeviceState(
        "agent",
        "agent",
        Health.DEGRADED if failed else Health.OK,
        tuple(sorted({stat.reason for stat in failed})),
        metrics,
        {"failing_probes": " ".join(sorted(stat.probe for stat in failed))} if failed else {},
    )
