"""What watching costs a kiosk: memory, CPU and bytes on its line.

The agent is the real `vigie-agent run`, enrolled, with its default periods and the environment of
its systemd unit, from compiled files that an earlier start has left. It lives in a network
namespace of its own and reaches the real broker over a virtual cable and mutual TLS; a real `vigie
ingest` acknowledges. Beside it, in the same minute, run a sleeping Python and the floor
(bench.floor), on the same interpreter as anybody starts it, and what else could watch a kiosk
(bench.peers). After a warm-up, CPU time is taken over 60 s and memory at their end, over whole
trees of processes.

Bytes are those of IP packets both ways, headers included, counted on the cable (bench.cable):
- a ping: what a kept connection carries in an idle minute, at keepalive 60 s;
- names: what the name server is asked in a minute, on a machine that keeps no answers itself;
- a report: the hourly full report until the controller has acknowledged it, from a second agent of
  the same code whose hour has ten seconds (bench.hurried);
- a burst: the ICMP echo of the hourly line test, as sent at the agent's start.
An idle day is 24 reports, 24 bursts, 1,440 pings and 1,440 minutes of names (bench.bill). The start
(TLS, subscriptions, inventory, first report) is shown apart: an idle day has none.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.bill import Bill, bill, pings
from bench.cable import Packet
from bench.errors import BenchError
from bench.figures import Figure, Target, figure, unmeasured
from bench.footprint import Memory
from bench.peers import PEERS, Peer
from bench.programs import Program
from bench.scene import AGENT, BARE, HURRIED, Scene

BENCH = "agent"
LEAN = Target("<=", 1.4)
IDLE = Target("<=", 0.1)
QUIET = Target("<=", 0.4)
OURS, PYTHON, FLOOR = "vigie-agent", "bare Python", "bare MQTT + TLS"
WARM_UP_S = 15.0
WINDOW_S = 60.0
HOUR_S = 10
HOURS = 4
_PROMISED = (
    ("rss_over_floor", "ratio", LEAN),
    ("cpu_percent", "%", IDLE),
    ("bytes_per_day", "MB", QUIET),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one program: over the window, and at its end."""

    memory: Memory
    cpu_percent: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """What runs in the same minute, and why the rest does not."""

    programs: Mapping[str, Program]
    asks: Sequence[Callable[[], None]]
    troubles: Mapping[str, str]


def measure() -> list[Figure]:
    """The figures of the agent."""
    try:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
            return _figures(Scene(Path(folder), held), Path(folder))
    except BenchError as err:
        return [unmeasured(BENCH, name, unit, str(err), target) for name, unit, target in _PROMISED]


def _figures(scene: Scene, folder: Path) -> list[Figure]:
    hours = _hours(scene)  # first, so that what it compiles is there for the agent that is weighed
    line, started = scene.lines[0], time.monotonic()
    ours = scene.agent(0, *AGENT, "CONFIG")
    crowd = _gather(scene, ours, folder)
    time.sleep(WARM_UP_S)
    idle = time.monotonic()
    costs, troubles = _costs(crowd)
    while not pings(line.packets(idle)) and time.monotonic() < idle + 2 * WINDOW_S:
        time.sleep(1)
    time.sleep(1)  # the rest of it
    seen = line.packets(started)
    figures = _footprints(costs, {**crowd.troubles, **troubles})
    start = [packet for packet in seen if packet.at < idle]
    quiet = [packet for packet in seen if packet.at >= idle]
    return figures + _bytes(bill(start, quiet, time.monotonic() - idle, hours, HOURS))


def _gather(scene: Scene, ours: Program, folder: Path) -> Crowd:
    """Start all that is measured beside the agent."""
    programs = {OURS: ours, PYTHON: scene.python("bare", *BARE), FLOOR: scene.floor()}
    asks, troubles = [], {}
    for name, make in PEERS:
        try:
            peer: Peer = make(folder)
        except BenchError as err:
            troubles[name] = str(err)
            continue
        if peer.server:
            scene.programs.start(f"{name}-server", peer.server)
        programs[name] = scene.programs.start(name, peer.command)
        asks.append(peer.ask)
    return Crowd(programs, asks, troubles)


def _costs(crowd: Crowd) -> tuple[dict[str, Cost], dict[str, str]]:
    """What each takes in the window; why for those that ended by themselves."""
    costs: dict[str, Cost] = {}
    troubles: dict[str, str] = {}
    before = {}
    for name, program in crowd.programs.items():
        try:
            before[name] = (time.monotonic(), program.tree.cpu_s())
        except BenchError as err:
            troubles[name] = str(err)
    time.sleep(WINDOW_S / 2)
    for ask in crowd.asks:
        ask()
    time.sleep(WINDOW_S / 2)
    for name, (since, cpu_s) in before.items():
        try:
            tree = crowd.programs[name].tree
        except BenchError as err:
            troubles[name] = str(err)
            continue
        busy_s, elapsed_s = tree.cpu_s() - cpu_s, time.monotonic() - since
        costs[name] = Cost(tree.memory(), 100 * busy_s / elapsed_s)
    return costs, troubles


def _hours(scene: Scene) -> list[Packet]:
    """The packets of some short hours of an agent that has settled."""
    agent = scene.agent(1, *HURRIED, "CONFIG", str(HOUR_S))
    time.sleep(1.5 * HOUR_S)  # from the middle of an hour to the middle of another
    since = time.monotonic()
    time.sleep(HOURS * HOUR_S)
    packets = scene.lines[1].packets(since)
    agent.end()
    return packets


def _footprints(costs: Mapping[str, Cost], troubles: Mapping[str, str]) -> list[Figure]:
    if OURS not in costs or FLOOR not in costs:
        why = troubles.get(OURS) or troubles.get(FLOOR) or ""
        return [unmeasured(BENCH, name, unit, why, target) for name, unit, target in _PROMISED[:2]]
    ours, floor = costs[OURS], costs[FLOOR]
    ratio = ours.memory.rss_bytes / floor.memory.rss_bytes
    floor_mb = floor.memory.rss_bytes / 1e6
    figures = [
        figure(
            BENCH,
            "rss_over_floor",
            ratio,
            "ratio",
            peer=f"{FLOOR}, RSS MB",
            peer_value=floor_mb,
            target=LEAN,
        ),
        figure(BENCH, "cpu_percent", ours.cpu_percent, "%", target=IDLE),
    ]
    for name, cost in costs.items():
        if name != OURS:
            figures += _beside(name, ours, cost)
    figures += [
        unmeasured(BENCH, f"rss_mb_beside_{_word(name)}", "MB", f"{name}: {why}")
        for name, why in troubles.items()
    ]
    return figures


def _beside(name: str, ours: Cost, theirs: Cost) -> list[Figure]:
    pairs = (
        ("rss_mb", "MB", ours.memory.rss_bytes / 1e6, theirs.memory.rss_bytes / 1e6),
        ("pss_mb", "MB", ours.memory.pss_bytes / 1e6, theirs.memory.pss_bytes / 1e6),
        ("cpu_percent", "%", ours.cpu_percent, theirs.cpu_percent),
    )
    return [
        figure(BENCH, f"{what}_beside_{_word(name)}", value, unit, peer=name, peer_value=other)
        for what, unit, value, other in pairs
    ]


def _word(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _bytes(line: Bill) -> list[Figure]:
    parts = {
        "bytes_at_start": line.start,
        "bytes_of_ping_a_minute": line.ping,
        "bytes_of_names_a_minute": line.names,
        "bytes_of_report_an_hour": line.report,
        "bytes_of_burst_an_hour": line.burst,
    }
    return [
        figure(BENCH, "bytes_per_day", line.day / 1e6, "MB", target=QUIET),
        *(figure(BENCH, name, value, "bytes") for name, value in parts.items()),
    ]
