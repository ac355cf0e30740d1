"""2,000 kiosks on this one machine: how soon they are online, and again after the broker's restart.

Each simulated kiosk has a certificate of its own: they are imported by `vigie fleet import` and
enrol one by one through the real kiosks' door, with one-time tokens. They then connect over mutual
TLS 1.3 to Mosquitto under our own configuration; the real `vigie ingest` commits what they say to
SQLite. Online is what a kiosk itself said, read from the controller's database; back online is a
kiosk whose presence carries another session than before. The broker is stopped by SIGTERM and
started again; the clock runs from that start.

Why 30 s: a kiosk waits at most 30 s from one try to the next, so a longer return would not be the
waiting but a broker or an ingest that is overrun. (2,000 bare TLS clients are back after about 4 s
on such a machine; here the clients are Python and share its cores with broker and ingest.)
"""

import csv
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, Target, figure, unmeasured
from bench.footprint import Tree
from tests.peer.region import ROOT, Region

BENCH = "fleet"
KIOSKS = 2000
ALL_ONLINE = Target(">=", KIOSKS)
BACK_SOON = Target("<=", 30)
_PATIENCE_S = 300.0
_SETTLE_S = 15.0  # so that the restart does not meet first reports still to be committed
_LOOK_S = 0.25
#: Beside one socket a kiosk: listeners, files, the controller's own connections.
_SPARE_FILES = 512
_COLUMNS = ("kiosk", "kind", "site", "site_name", "host_type", "commune", "insee", "department")
_SITE = ("ambert", "Mairie d'Ambert", "town-hall", "Ambert", "63003", "63")


def measure() -> list[Figure]:
    """The figures of a whole fleet."""
    trouble = _allow_files(KIOSKS + _SPARE_FILES)
    if trouble:
        return [
            unmeasured(BENCH, "kiosks_online", "kiosks", trouble, ALL_ONLINE),
            unmeasured(BENCH, "back_online_s", "s", trouble, BACK_SOON),
        ]
    with tempfile.TemporaryDirectory() as folder, Region(Path(folder)) as region:
        fleet = _Fleet(region, Path(folder))
        enrol_s = fleet.enrol()
        return [*fleet.run(), figure(BENCH, "enrolments_per_s", KIOSKS / enrol_s, "kiosks/s")]


class _Fleet:
    """A region, its kiosks and the simulator that is all of them."""

    def __init__(self, region: Region, folder: Path) -> None:
        self._region = region
        self._folder = folder
        self._kiosks = folder / "kiosks.csv"
        self._pki = folder / "fleet"
        self._log = folder / "simulator.log"

    def enrol(self) -> float:
        """Give every kiosk its certificate by the door; how many seconds the door took."""
        region = self._region
        with self._kiosks.open("w", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(_COLUMNS)
            rows.writerows((f"pvp-{n:05}-1", "pvp", *_SITE) for n in range(1, KIOSKS + 1))
        region.vigie("fleet", "import", str(self._kiosks))
        tokens = self._folder / "tokens.json"
        tokens.write_text(json.dumps(json.loads(region.vigie("enrol-token", "--all", "--json"))))
        region.start_web()
        words = ("enrol", "--door", region.door, "--tokens", str(tokens), "--pki", str(self._pki))
        started = time.monotonic()
        with self._log.open("wb") as log:
            subprocess.run(_simulator(*words), cwd=ROOT, stdout=log, stderr=log, check=True)
        region.stop("web")
        return time.monotonic() - started

    def run(self) -> list[Figure]:
        """All online, the broker's restart, all back."""
        self._region.start_broker()
        self._region.start("ingest")
        simulator = self._start()
        try:
            return self._watch(simulator)
        finally:
            simulator.terminate()
            simulator.wait(30)

    def _watch(self, simulator: subprocess.Popen[bytes]) -> list[Figure]:
        started = time.monotonic()
        online = _wait_for_all(self._sessions)
        first_s = time.monotonic() - started
        figures = [figure(BENCH, "kiosks_online", len(online), "kiosks", target=ALL_ONLINE)]
        if len(online) < KIOSKS:
            why = f"only {len(online)} of {KIOSKS} kiosks came online within {_PATIENCE_S:.0f} s"
            return [*figures, unmeasured(BENCH, "back_online_s", "s", why, BACK_SOON)]
        figures.append(figure(BENCH, "first_online_s", first_s, "s"))
        time.sleep(_SETTLE_S)
        figures += self._memory(simulator.pid)
        before = set(self._sessions().items())
        self._region.stop("broker")
        started = time.monotonic()
        self._region.start_broker()
        back = _wait_for_all(lambda: dict(self._sessions().items() - before))
        back_s = time.monotonic() - started
        if len(back) == KIOSKS:
            return [*figures, figure(BENCH, "back_online_s", back_s, "s", target=BACK_SOON)]
        why = f"{len(back)} of {KIOSKS} kiosks were back within {_PATIENCE_S:.0f} s"
        return [*figures, unmeasured(BENCH, "back_online_s", "s", why, BACK_SOON)]

    def _memory(self, simulator: int) -> list[Figure]:
        pids = {name: self._region.pid(name) for name in ("broker", "ingest")}
        pids["simulator"] = simulator
        return [
            figure(BENCH, f"{name}_pss_mb", Tree(pid).memory().pss_bytes / 1e6, "MB")
            for name, pid in pids.items()
        ]

    def _sessions(self) -> dict[str, str]:
        """The session of every kiosk that the controller holds to be online."""
        database = sqlite3.connect(f"file:{self._region.home}/vigie.sqlite3?mode=ro", uri=True)
        try:
            query = "SELECT kiosk_id, session FROM fleet_status WHERE is_online"
            return dict(database.execute(query))
        finally:
            database.close()

    def _start(self) -> subprocess.Popen[bytes]:
        broker = f"localhost:{self._region.broker_port}"
        words = ("--pki", str(self._pki), "--kiosks", str(self._kiosks), "--broker", broker)
        with self._log.open("ab") as log:
            command = _simulator("run", *words, "--faults", "none")
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


def _simulator(*words: str) -> list[str]:
    return [sys.executable, "-m", "simulator.cli", *words]


def _wait_for_all(found: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What `found` answers once it is the whole fleet, or when patience ends."""
    end = time.monotonic() + _PATIENCE_S
    while len(kiosks := found()) < KIOSKS and time.monotonic() < end:
        time.sleep(_LOOK_S)
    return kiosks


def _allow_files(wanted: int) -> str:
    """Raise the limit of open files, which our children inherit; why it cannot be, or nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ""
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (ValueError, OSError):
        return f"open files are limited to {hard}, must be {wanted}: ulimit -Hn {wanted} as root"
    return ""
