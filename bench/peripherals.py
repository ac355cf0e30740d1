"""Peripherals: how soon the region knows that one was unplugged, and what watching them all costs.

Unplugged: a camera of a umockdev bed is pulled and plugged in again, time after time. The real
agent sees it by hot-plug, a real broker carries its word over mutual TLS, a real `vigie ingest`
writes it; the clock runs from the pull until the controller's database says `missing`. The agent
waits half a second before it says so, for what comes back within was never gone. All other kinds
are declared too, so that their probes run beside it.

Footprint: the same agent, with every kind of peripheral declared and so every probe loaded, in the
environment of its systemd unit. After a warm-up memory is read and CPU time taken over a window, of
the agent and of all programs it starts. The bed's preloaded library counts to its memory.
Its camera gives no pictures, so none is looked at; that is a child's work each half hour.
"""

import sqlite3
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from agent.kinds import KINDS, Kind
from bench import venvs
from bench.errors import BenchError
from bench.figures import Figure, Target, figure, unmeasured
from bench.programs import Program, Programs
from bench.scene import AGENT, KEEPALIVE_S, TOML, agent_environment
from tests.peer.region import Region, wait_until
from tests.unit.agent.probes.testbed import PRELOAD, Bed, camera, camera_path

BENCH = "peripherals"
KIOSK = "pvp-bench-1"
PULLS = 100
SOON = Target("<=", 1000)
LIGHT = Target("<=", 30)
IDLE = Target("<=", 0.2)
WARM_UP_S = 30.0
WINDOW_S = 180.0
_LOOK_S = 0.002
_PATIENCE_S = 60.0
_LONGEST_S = 3600.0  # far beyond what all of it takes
_PROMISED = (
    ("unplug_to_db_p99_ms", "ms", SOON),
    ("rss_all_probes_mb", "MB", LIGHT),
    ("cpu_all_probes_percent", "%", IDLE),
)
#: What a kind cannot be declared without: by what it is told, and its settings.
_MATCHES = {
    "camera": 'usb_id = "046d:0825"',
    "printer": 'queue = "Laser"',
    "receipt-printer": 'path = "/dev/ttyUSB0"',
    "barcode-reader": 'usb_id = "05e0:1200"',
}
_SETTINGS = {
    "camera": "look = false",
    "ups": 'name = "ups"',
    "video-platform": 'host = "localhost"',
    "application": 'process = "chromium"',
    "wifi": 'interface = "wlan0"',
    "screen": 'connector = "HDMI-A-1"',
}
#: What no kiosk declares.
_BUILT_IN = ("session", "usb")
_PERIPHERAL = """[[peripheral]]
id = "{kind}"
kind = "{kind}"
match = {{ {match} }}
settings = {{ {settings} }}
"""


def measure() -> list[Figure]:
    """The figures of peripherals."""
    try:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
            return _Kiosk(Path(folder), held).figures()
    except (BenchError, AssertionError, OSError) as err:
        return [unmeasured(BENCH, name, unit, str(err), target) for name, unit, target in _PROMISED]


class _Kiosk:
    """A kiosk of make-believe hardware, its region, and the region's database."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self._bed = Bed(_LONGEST_S)
        self._node = 0  # a new one each time: the bed never gives one back
        held.callback(self._bed.close)
        self._region = region = held.enter_context(Region(folder))
        papers = region.enrol(KIOSK)[KIOSK]
        region.start_broker()
        region.start("ingest")
        wait_until(lambda: "connected" in region.log("ingest"), region.log("ingest"))
        home = folder / "kiosk"
        home.mkdir()
        config = home / "agent.toml"
        told = {"kiosk": KIOSK, "name": "localhost", "keepalive": KEEPALIVE_S}
        config.write_text(TOML.format(port=region.broker_port, papers=papers, **told))
        with config.open("a") as more:
            more.writelines(map(_declared, KINDS))
        self._plug()
        self._agent = self._start(held.enter_context(Programs(folder)), config)
        path = region.home / "vigie.sqlite3"
        self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        held.callback(self._database.close)

    def figures(self) -> list[Figure]:
        """Pull, then weigh."""
        self._wait("ok")
        took_ms = [self._pull() for _ in range(PULLS)]
        p99 = statistics.quantiles(took_ms, n=100)[-1]
        time.sleep(WARM_UP_S)
        tree, began_s = self._agent.tree, time.monotonic()
        busy_s = tree.cpu_s()
        time.sleep(WINDOW_S)
        busy_s, elapsed_s = tree.cpu_s() - busy_s, time.monotonic() - began_s
        rss_mb = tree.memory().rss_bytes / 1e6
        return [
            figure(BENCH, "unplug_to_db_p50_ms", statistics.median(took_ms), "ms"),
            figure(BENCH, "unplug_to_db_p99_ms", p99, "ms", target=SOON),
            figure(BENCH, "rss_all_probes_mb", rss_mb, "MB", target=LIGHT),
            figure(BENCH, "cpu_all_probes_percent", 100 * busy_s / elapsed_s, "%", target=IDLE),
        ]

    def _pull(self) -> float:
        """Milliseconds until the database knows; the camera is there again afterwards."""
        began = time.monotonic()
        self._bed.pull_camera("1-1", self._node)
        self._wait("missing")
        took_s = time.monotonic() - began
        self._plug()
        self._wait("ok")
        return 1000 * took_s

    def _plug(self) -> None:
        self._node += 2
        self._bed.plug(camera("1-1", self._node, "A1"), camera_path("1-1", self._node))

    def _wait(self, health: str) -> None:
        limit = time.monotonic() + _PATIENCE_S
        query = "SELECT health FROM fleet_device WHERE kiosk_id = ? AND device = 'camera'"
        while self._database.execute(query, (KIOSK,)).fetchone() != (health,):
            if time.monotonic() > limit:
                raise BenchError(f"the camera is not {health} within {_PATIENCE_S:.0f} s")
            time.sleep(_LOOK_S)

    def _start(self, programs: Programs, config: Path) -> Program:
        python = venvs.python("agent", *venvs.agent_requirements())
        bed = {"LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": self._bed.root}
        environment = agent_environment(python) | bed
        program = programs.start(KIOSK, [str(python), *AGENT, str(config)], environment)
        program.wait_for("connected to")
        return program


def _declared(kind: Kind) -> str:
    """One peripheral of the kind, as agent.toml declares it; nothing where none is declared."""
    if kind.name in _BUILT_IN:
        return ""
    match, settings = _MATCHES.get(kind.name, ""), _SETTINGS.get(kind.name, "")
    return _PERIPHERAL.format(kind=kind.name, match=match, settings=settings)
