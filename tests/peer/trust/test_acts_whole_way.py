"""Logs and certificates the whole way: order, worker, broker, a real agent, ingest; with kills."""

import base64
import gzip
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peer.agent.acts import journal
from tests.peer.region import ROOT, Region, wait_until

KIOSK = "pvp-63003-1"
UNIT = "kioskapp.service"
_PATIENCE_S = 90.0

_ORDER = """
import sys, django
django.setup()
from controller.commands.services import order
from controller.fleet.models import Kiosk
args = {"fetch-logs": {"max_bytes": 2000000}}.get(sys.argv[2], {})
print(order(kiosk=Kiosk(pk=sys.argv[1]), name=sys.argv[2], args=args, user=None,
            actor="cli:root", why="trial", expires_in_s=600).pk)
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.commands import files
from controller.commands.models import Command, CommandPiece
from controller.fleet.models import Status
one = Command.objects.get(pk=sys.argv[1])
pieces = CommandPiece.objects.filter(command=one)
json.dump({"state": one.state, "reason": one.reason, "result": one.result,
    "pieces": sorted(pieces.values_list("index", flat=True)),
    "count": max(pieces.values_list("count", flat=True), default=0),
    "online": Status.objects.filter(kiosk=one.kiosk, is_online=True).exists()}, sys.stdout)
"""
_FILE = """
import base64, sys, django
django.setup()
from controller.commands import files
from controller.errors import Refused
try:
    print(base64.b64encode(files.file(sys.argv[1]).content).decode(), end="")
except Refused as err:
    print(err)
"""
_LOSE = """
import sys, django
django.setup()
from controller.commands.models import CommandPiece
CommandPiece.objects.filter(command=sys.argv[1], index=1).delete()
"""
_IN_ITS_OWN = """
set -e
if [ -n "$1" ]; then mount -t tmpfs none /var/log; mkdir /var/log/journal
cp -r "$1" /var/log/journal/; fi
shift
exec "$@"
"""


class Agent:
    """`vigie-agent run`, which finds the given journal at the machine's own place."""

    def __init__(self, region: Region, folder: Path, written: Path | None) -> None:
        papers = region.enrol(KIOSK)[KIOSK]
        self.certificate, self.log = papers.certificate, folder / "agent.log"
        self._written, self._config = written, folder / "agent.toml"
        self._process: subprocess.Popen[bytes] | None = None
        self._config.write_text(
            f'kiosk = "{KIOSK}"\nstate_dir = "{folder / "state"}"\n'
            f'[broker]\nhost = "localhost"\nport = {region.broker_port}\nca = "{papers.ca}"\n'
            f'certificate = "{papers.certificate}"\nkey = "{papers.key}"\n'
            '[power]\nmethod = "simulated"\n'
            f'[commands]\ncontroller = "{region.door}"\nlog_units = ["{UNIT}"]\n'
        )

    def start(self) -> None:
        """Start, and do not wait."""
        agent = (sys.executable, "-m", "agent", "run", "--config", str(self._config))
        apart = ("/usr/bin/unshare", "--mount", "--propagation", "private")
        shell = ("/bin/sh", "-c", _IN_ITS_OWN, "sh", str(self._written or ""))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*apart, *shell, *agent], cwd=ROOT, stderr=log)

    def wait_for(self, text: str, times: int = 1) -> None:
        """Until it logged `text` so often."""
        wait_until(lambda: self.log.read_text().count(text) >= times, text, _PATIENCE_S)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path / "region") as made:
        made.start_broker()
        made.start_web()
        for part in ("ingest", "worker"):
            made.start(part)
        yield made


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    noise = random.Random(7)  # noqa: S311 - text that compresses badly, the same each time
    said = [" ".join(f"{noise.getrandbits(32):08x}" for _ in range(400)) for _ in range(120)]
    return journal.make(tmp_path_factory.mktemp("journald"), [(UNIT, text) for text in said])


@pytest.fixture
def open_agent(region: Region, tmp_path: Path) -> Iterator[list[Agent]]:
    made: list[Agent] = []
    yield made
    for agent in made:
        agent.kill()


def look(region: Region, number: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(region.python(_LOOK, number))
    return found


def order(region: Region, name: str) -> str:
    return region.python(_ORDER, KIOSK, name).strip()


def end(region: Region, number: str) -> dict[str, Any]:
    final = ("succeeded", "failed", "refused", "expired", "unknown")
    wait_until(lambda: look(region, number)["state"] in final, "its end", _PATIENCE_S)
    return look(region, number)


@pytest.mark.skipif(bool(journal.why_not()), reason=journal.why_not())
def test_logs_arrive_whole_though_agent_and_ingest_are_killed_meanwhile(
    region: Region, written: Path, open_agent: list[Agent], tmp_path: Path
) -> None:
    agent = Agent(region, tmp_path, written)
    open_agent.append(agent)
    agent.start()
    agent.wait_for("connected to")
    region.kill("ingest")
    number = order(region, "fetch-logs")
    agent.wait_for(f"command {number}: fetch-logs")
    agent.kill()
    region.start("ingest")
    agent.start()
    wait_until(lambda: bool(look(region, number)["pieces"]), "the first piece", _PATIENCE_S)
    region.kill("ingest")
    region.start("ingest")
    found = end(region, number)
    assert found["state"] == "succeeded", found
    wait_until(
        lambda: len(look(region, number)["pieces"]) == look(region, number)["count"], "all pieces"
    )
    assert look(region, number)["count"] > 3
    content = base64.b64decode(region.python(_FILE, number))
    assert gzip.decompress(content).count(b"\n") == 120
    region.python(_LOSE, number)
    assert "pieces are there" in region.python(_FILE, number)


def test_a_certificate_is_renewed_by_order_and_the_kiosk_is_back(
    region: Region, open_agent: list[Agent], tmp_path: Path
) -> None:
    agent = Agent(region, tmp_path, None)
    open_agent.append(agent)
    before = agent.certificate.read_text()
    agent.start()
    agent.wait_for("connected to")
    number = order(region, "renew-certificate")
    found = end(region, number)
    assert found["state"] == "succeeded", found
    assert agent.certificate.read_text() != before
    agent.wait_for("connected to", times=2)
    wait_until(lambda: bool(look(region, number)["online"]), "the kiosk online")
    assert list(agent.certificate.parent.glob("*.old")) == []


def test_an_agent_killed_while_it_renews_ends_with_one_new_certificate(
    region: Region, open_agent: list[Agent], tmp_path: Path
) -> None:
    agent = Agent(region, tmp_path, None)
    open_agent.append(agent)
    before = agent.certificate.read_text()
    agent.start()
    agent.wait_for("connected to")
    number = order(region, "renew-certificate")
    agent.wait_for(f"command {number}: renew-certificate")
    agent.kill()
    agent.start()
    found = end(region, number)
    assert found["state"] == "succeeded", found
    assert agent.certificate.read_text() != before
    assert region.log("web").count("was given its next certificate") >= 1
