"""How fast and how soon a report is durable.

Eight enrolled kiosks publish 1 KB reports with QoS 1 over mutual TLS to the real broker; what
`vigie ingest` runs commits them to SQLite (synchronous=FULL) before it acknowledges. Beside it on
the same stream: `mosquitto_sub`, which stores nothing (the ceiling), and the same ingest on stock
paho. Rates are of whole runs, from the first publisher's start to the last message's end; the
three take turns and the figures are medians of the rounds' ratios.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench.figures import Figure, Target, figure
from bench.wire import Wire, text
from contract import messages, topics
from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Report
from contract.topics import Channel
from tests.peer.mqtt import own
from tests.peer.region import Papers, Region, wait_until

BENCH = "ingest"
KIOSKS = tuple(f"pvp-bench-{number}" for number in range(1, 9))
ROUNDS = 3
MESSAGES = 40_000
PACED_S = 5.0
_TICK_S = 0.002
_PATIENCE_S = 120.0


class _Seen(msgspec.Struct):
    """What bench.ingestor wrote."""

    ages_ms: list[float]
    took_s: float
    cpu_us: float


def measure() -> list[Figure]:
    """The figures of ingest."""
    with tempfile.TemporaryDirectory() as folder, Region(Path(folder)) as region:
        region.vigie("init", "--ingests", "2")
        region.start_broker()
        bench = _Bench(region, region.enrol(*KIOSKS), Path(folder))
        try:
            rounds = [bench.round() for _ in range(ROUNDS)]
            fast = statistics.median(entry.fast for entry in rounds)
            ages = {share: bench.paced(fast * share / 100) for share in (10, 50, 90)}
        finally:
            bench.end()
    return [*_rates(rounds), *_ages(ages)]


class _Round(msgspec.Struct, frozen=True):
    """Messages a second."""

    ceiling: float
    fast: float
    stock: float


def _rates(rounds: Sequence[_Round]) -> list[Figure]:
    def median(of: Callable[[_Round], float]) -> float:
        return statistics.median(map(of, rounds))

    ceiling = median(lambda entry: entry.ceiling)
    fast = median(lambda entry: entry.fast)
    stock = median(lambda entry: entry.stock)
    return [
        figure(BENCH, "durable_msg_per_s", fast, "msg/s", peer="mosquitto_sub", peer_value=ceiling),
        figure(
            BENCH,
            "durable_over_ceiling",
            median(lambda entry: entry.fast / entry.ceiling),
            "ratio",
            peer="mosquitto_sub, msg/s",
            peer_value=ceiling,
            target=Target(">=", 0.6),
        ),
        figure(
            BENCH,
            "durable_over_stock",
            median(lambda entry: entry.fast / entry.stock),
            "ratio",
            peer="stock paho, msg/s",
            peer_value=stock,
            target=Target(">=", 2.2),
        ),
    ]


def _ages(ages: dict[int, list[float]]) -> list[Figure]:
    names = {10: "at_tenth", 50: "at_half", 90: "at_nine_tenths"}
    figures = []
    for share, seen in ages.items():
        cuts = statistics.quantiles(seen, n=100)
        target = Target("<=", 5) if share == 50 else None
        figures += [
            figure(BENCH, f"p50_ms_{names[share]}", cuts[49], "ms", target=target),
            figure(BENCH, f"p99_ms_{names[share]}", cuts[98], "ms"),
        ]
    return figures


class _Bench:
    """A region with its kiosks, and what is run on it."""

    def __init__(self, region: Region, papers: dict[str, Papers], folder: Path) -> None:
        self._region = region
        self._papers = papers
        self._folder = folder
        self._epochs = 0
        self._started: list[subprocess.Popen[bytes]] = []

    def round(self) -> _Round:
        """Each consumer once on a stream of its own."""
        return _Round(self._ceiling(), self._durable("fast"), self._durable("stock"))

    def paced(self, rate: float) -> list[float]:
        """Ages in ms of reports committed while they come at `rate` a second."""
        count = int(rate * PACED_S)
        ingest = self._ingestor("fast", count)
        wires = [
            Wire(self._region.broker_port, p.certificate, p.key, p.ca)
            for p in self._papers.values()
        ]
        _pace(wires, rate, count, self._epoch())
        seen = self._result(ingest)
        for wire in wires:
            wire.close()
        return seen.ages_ms

    def end(self) -> None:
        """End what a failed run left behind."""
        for process in self._started:
            process.kill()
            process.wait()

    def _start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, **options)
        self._started.append(process)
        return process

    def _ceiling(self) -> float:
        papers = own(self._region.pki, "vigie-ingest-2")
        command = ["/usr/bin/mosquitto_sub", *self._client(papers), "-q", "1"]
        command += ["-i", "vigie-ingest-2", "-c", "-x", "1"]
        command += ["-t", topics.subscription(Channel.REPORT), "-C", str(MESSAGES)]
        before = self._region.log("broker").count(" as vigie-ingest-2 ")
        subscriber = self._start(command, stdout=subprocess.DEVNULL)
        wait_until(
            lambda: self._region.log("broker").count(" as vigie-ingest-2 ") > before,
            "mosquitto_sub",
        )
        time.sleep(0.5)  # and subscribed
        started = self._publish()
        subscriber.wait(_PATIENCE_S)
        return MESSAGES / (time.monotonic() - started)

    def _durable(self, reader: str) -> float:
        ingest = self._ingestor(reader, MESSAGES)
        started = self._publish()
        self._result(ingest)
        return MESSAGES / (time.monotonic() - started)

    def _ingestor(self, reader: str, count: int) -> subprocess.Popen[bytes]:
        log = self._folder / "ingestor.log"
        command = [sys.executable, "-m", "bench.ingestor", reader, str(count), str(self._seen)]
        with log.open("wb") as out:
            ingest = self._start(command, env=self._region.environment, stderr=out)
        wait_until(lambda: "connected" in log.read_text(), "ingest connected")
        time.sleep(0.5)  # and subscribed
        return ingest

    @property
    def _seen(self) -> Path:
        return self._folder / "seen.json"

    def _result(self, ingest: subprocess.Popen[bytes]) -> _Seen:
        ingest.wait(_PATIENCE_S)
        self._forget_session()
        return msgspec.json.decode(self._seen.read_bytes(), type=_Seen)

    def _forget_session(self) -> None:
        """Else the broker would keep the next consumer's stream for the ingest, too."""
        identity = self._client(own(self._region.pki, "vigie-ingest"))
        topic = topics.subscription(Channel.REPORT)
        subprocess.run(["/usr/bin/mosquitto_sub", *identity, "-E", "-t", topic], check=True)

    def _publish(self) -> float:
        """Every kiosk publishes its share as fast as the broker takes it; when that began."""
        epoch, share = self._epoch(), MESSAGES // len(KIOSKS)
        for kiosk in KIOSKS:
            lines = b"".join(report(epoch, seq) + b"\n" for seq in range(1, share + 1))
            (self._folder / kiosk).write_bytes(lines)
        started = time.monotonic()
        for kiosk, papers in self._papers.items():
            command = ["/usr/bin/mosquitto_pub", *self._client(papers), "-q", "1", "-l"]
            command += ["-t", topics.build(kiosk, Channel.REPORT)]
            with (self._folder / kiosk).open("rb") as lines_in:
                self._start(command, stdin=lines_in)
        return started

    def _client(self, papers: Papers) -> list[str]:
        options = {"cafile": papers.ca, "cert": papers.certificate, "key": papers.key}
        tls = [part for name, path in options.items() for part in (f"--{name}", str(path))]
        return ["-V", "5", "-h", "localhost", "-p", str(self._region.broker_port), *tls]

    def _epoch(self) -> str:
        self._epochs += 1
        return f"{self._epochs:016x}"


def report(epoch: str, seq: int) -> bytes:
    """A full report of about 1 KB, as of now."""
    devices = tuple(
        DeviceState(
            kind,
            kind,
            Health.OK,
            metrics={f"metric_{number}_percent": seq % 97 + number / 10 for number in range(4)},
            facts={"kernel": "6.1.0-18-amd64"},
        )
        for kind in ("system", "storage", "network", "camera")
    )
    return messages.encode(
        Report(
            epoch=epoch,
            seq=seq,
            at=datetime.now(UTC),
            clock_trusted=True,
            boot_id="b6f5a3c0-5f0e-4f4e-9a55-1f0c2d3e4f50",
            is_full=True,
            devices=devices,
            verdict=Verdict(Readiness.READY),
        )
    )


def _pace(wires: Sequence[Wire], rate: float, count: int, epoch: str) -> None:
    """Send `count` reports, `rate` a second, spread over the wires tick by tick."""
    names = [text(topics.build(kiosk, Channel.REPORT)) for kiosk in KIOSKS]
    sent, started = 0, time.monotonic()
    while sent < count:
        due = min(count, int((time.monotonic() - started) * rate) + 1)
        for number in range(sent, due):
            at = number % len(wires)
            wires[at].publish(names[at], [report(epoch, number // len(wires) + 1)])
        sent = due
        for wire in wires:
            wire.read()
        time.sleep(_TICK_S)
