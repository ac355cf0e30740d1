"""Are alerts true, and few? A year of 102 kiosks with every fault known, judged afterwards.

The year is lived twice: once straight through ingest's store, the engine and the stages of telling,
and once by real processes (broker, ingest, worker, PostgreSQL) that are killed at random. Each runs
in a process of its own, because a controller's home is chosen when Django is set up.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from bench.figures import Figure, Target, figure, unmeasured
from tests.peer.postgres import binaries

SEED = 2026
_ALL = Target(">=", 1.0)
_NONE = Target("<=", 0)
_ONE = Target("<=", 1)
_PATIENCE_S = 4 * 3600


class Verdict(msgspec.Struct, frozen=True):
    """What a run prints."""

    faults: int
    recall: float
    false_alerts: int
    unexplained_messages: int
    notifications_per_cause: float
    unsent: int
    latency_p50_s: float
    latency_p90_s: float
    latency_p99_s: float
    well_named: float
    took_s: float
    kills: dict[str, int] = {}


def measure() -> list[Figure]:
    """Both years; VIGIE_YEAR_DAYS shortens them."""
    figures = _figures("", _run("straight"))
    if binaries() is None:
        return [*figures, unmeasured("alerts", "killed_recall", "share", "no PostgreSQL", _ALL)]
    return [*figures, *_figures("killed_", _run("killed"))]


def _figures(prefix: str, seen: Verdict) -> list[Figure]:
    def of(name: str, value: float, unit: str, target: Target | None = None) -> Figure:
        return figure("alerts", prefix + name, value, unit, target=target)

    told = [
        of("faults", seen.faults, "faults"),
        of("recall", seen.recall, "share", _ALL),
        of("false_alerts", seen.false_alerts, "alerts", _NONE),
        of("false_messages", seen.unexplained_messages, "messages", _NONE),
        of("notifications_per_cause", seen.notifications_per_cause, "messages", _ONE),
        of("unsent", seen.unsent, "messages", _NONE),
        of("latency_p50_s", seen.latency_p50_s, "s"),
        of("latency_p90_s", seen.latency_p90_s, "s"),
        of("latency_p99_s", seen.latency_p99_s, "s"),
        of("well_named", seen.well_named, "share"),
        of("took_s", seen.took_s, "s"),
    ]
    if seen.kills:
        told.append(of("kills", sum(seen.kills.values()), "kills"))
    return told


def _run(how: str) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="vigie-year-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.year", how, folder, "--seed", str(SEED)],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "controller.settings"},
            stdout=subprocess.PIPE,
            timeout=_PATIENCE_S,
            check=True,
        )
    return msgspec.json.decode(done.stdout, type=Verdict)
