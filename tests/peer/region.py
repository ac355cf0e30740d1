"""A whole region for one test: a home made by the real `vigie init`, the real broker, and on demand
`vigie ingest`, `vigie worker` and `vigie web`, each a process that is stopped by its id."""

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).parents[2]
MOSQUITTO = "/usr/sbin/mosquitto"
_PATIENCE_S = 30.0

_PLANT = """
import json, sys, django
django.setup()
from controller.fleet.models import Kiosk, Site
site, _ = Site.objects.get_or_create(
    code="ambert", defaults=dict(name="Mairie d'Ambert", host_type="town-hall", commune="Ambert",
    insee="63003", department="63"))
for kiosk in sys.argv[1:]:
    Kiosk.objects.get_or_create(id=kiosk, defaults=dict(kind="pvp", site=site))
"""
_ENROL = """
import json, sys, django
django.setup()
from controller.enrolment import services
from controller.fleet.models import Kiosk
wanted = json.load(sys.stdin)
given = {}
for kiosk, csr in wanted.items():
    token = services.make_token(Kiosk.objects.get(pk=kiosk))
    given[kiosk] = services.redeem(token, csr).certificate
json.dump(given, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Papers:
    """What a kiosk shows to the broker."""

    certificate: Path
    key: Path
    ca: Path


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_so: Callable[[], bool], what: str, timeout_s: float = _PATIENCE_S) -> None:
    """Waits until `is_so()`; fails naming `what`."""
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.02)


def is_open(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Region:
    """One controller's home in `folder`, and the processes that run from it.

    Use as a context manager: every process it started is ended with it.
    """

    def __init__(self, folder: Path, extra_toml: str = "") -> None:
        self.home = folder / "home"
        self.broker_port = free_port()
        self.web_port = free_port()
        self.door_port = free_port()
        self.environment = {**os.environ, "VIGIE_HOME": str(self.home)}
        self.environment["DJANGO_SETTINGS_MODULE"] = "controller.settings"
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.home.mkdir(mode=0o700, parents=True)
        (self.home / "vigie.toml").write_text(
            f"[web]\nport = {self.web_port}\n"
            f'[kiosk_door]\nhost = "127.0.0.1"\nport = {self.door_port}\nnames = ["localhost"]\n'
            f'[broker]\nport = {self.broker_port}\nlisten = "127.0.0.1"\n{extra_toml}'
        )
        self.vigie("init")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in reversed(list(self._processes)):
            self.stop(name)

    @property
    def pki(self) -> Path:
        """Where the controller's own certificates lie: `vigie-ingest.pem`, ..."""
        return self.home / "pki"

    @property
    def pages(self) -> str:
        """The address of the people's door."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def door(self) -> str:
        """The address of the kiosks' door."""
        return f"https://localhost:{self.door_port}"

    def vigie(self, *arguments: str, code: int = 0) -> str:
        """Runs `vigie` to its end; what it printed. Fails on another exit code than `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "controller.cli", "--home", str(self.home), *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"vigie {arguments} ended {done.returncode}: {done.stderr}"
        return done.stdout + done.stderr

    def python(self, code: str, *arguments: str, stdin: str = "") -> str:
        """Runs Python on this region's database; what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def plant(self, *kiosks: str) -> None:
        """Kiosks of these ids, in the town hall of Ambert."""
        self.python(_PLANT, *kiosks)

    def enrol(self, *kiosks: str) -> dict[str, Papers]:
        """Plants the kiosks and gives each a certificate, by the real token and request."""
        self.plant(*kiosks)
        folder = self._folder / "kiosks"
        folder.mkdir(exist_ok=True)
        requests = {kiosk: make_request(folder / f"{kiosk}.key") for kiosk in kiosks}
        given = json.loads(self.python(_ENROL, stdin=json.dumps(requests)))
        papers = {}
        for kiosk, certificate in given.items():
            path = folder / f"{kiosk}.pem"
            path.write_text(certificate)
            papers[kiosk] = Papers(path, folder / f"{kiosk}.key", self.pki / "ca.pem")
        return papers

    def start_broker(self) -> None:
        """Starts Mosquitto with the home's own configuration; ready when this returns."""
        conf = self.home / "broker" / "mosquitto.conf"
        self._start("broker", MOSQUITTO, "-c", str(conf))
        wait_until(lambda: is_open(self.broker_port), f"broker: {self.log('broker')}")

    def start(self, name: str, *arguments: str, label: str = "") -> None:
        """Starts `vigie <name>` (ingest, worker, web, up); see `wait_for_web` for readiness."""
        command = (sys.executable, "-m", "controller.cli", "--home", str(self.home), name)
        self._start(label or name, *command, *arguments)

    def start_web(self) -> None:
        """Starts `vigie web`; both doors answer when this returns."""
        self.start("web")
        self.wait_for_web()

    def wait_for_web(self) -> None:
        """Returns once both doors are open."""
        wait_until(lambda: is_open(self.web_port) and is_open(self.door_port), "doors of vigie web")

    def stop(self, name: str) -> int:
        """SIGTERM, and after 15 s SIGKILL; the exit code."""
        process = self._processes.pop(name)
        process.terminate()
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def kill(self, name: str) -> None:
        """SIGKILL: the end without a word."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def pid(self, name: str) -> int:
        """The process id of what was started under this name."""
        return self._processes[name].pid

    def is_running(self, name: str) -> bool:
        """Whether what was started under this name still runs."""
        return self._processes[name].poll() is None

    def log(self, name: str) -> str:
        """All that was printed under this name."""
        path = self._folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def enrol_by_door(self, token: str, csr: str) -> httpx.Response:
        """POST /enrol, verified by the region's authority."""
        with self.client() as client:
            return client.post("/enrol", json={"token": token, "csr": csr})

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """A client of the kiosks' door, coming from `address`, that trusts the region alone."""
        trust = ssl.create_default_context(cafile=str(self.pki / "ca.pem"))
        transport = httpx.HTTPTransport(verify=trust, local_address=address)
        return httpx.Client(base_url=self.door, transport=transport, timeout=30)

    def _start(self, name: str, *command: str) -> None:
        assert name not in self._processes, f"{name} runs already"
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )


def make_request(key: Path, *options: str) -> str:
    """A new key at `key`, and its signing request as the openssl program makes it."""
    kind = options or ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    done = subprocess.run(
        ["/usr/bin/openssl", "req", "-new", *kind, "-nodes", "-keyout", str(key), "-subj", "/CN=x"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout
