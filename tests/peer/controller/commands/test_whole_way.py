"""Orders of the controller carried out by a simulated kiosk: worker, broker, kiosk, ingest."""

import base64
import gzip
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.commands import CATALOGUE
from simulator.errands import KEPT
from simulator.identity import CA
from tests.peer.region import Papers, Region, wait_until

KIOSK = "pvp-63003-1"
#: Told in a minute at most, each step after the other.
_PATIENCE_S = 90.0

_ORDER = """
import sys, django
django.setup()
from controller.commands.services import order
from controller.fleet.models import Kiosk
arguments = {"power-cycle": {"device": "camera"}, "clear-queue": {"device": "printer"},
             "print-test-page": {"device": "printer"}}
for name in sys.argv[2:]:
    order(kiosk=Kiosk(pk=sys.argv[1]), name=name, args=arguments.get(name, {}), user=None,
          actor="cli:root", is_forced=True, why="trial", expires_in_s=600)
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.commands.models import Command
from controller.fleet.models import Device
json.dump({
    "devices": list(Device.objects.values_list("device", flat=True)),
    "commands": {one.name: [one.state, one.reason, one.result] for one in Command.objects.all()},
}, sys.stdout)
"""
_FETCH = """
import base64, django
django.setup()
from controller.commands import files
from controller.commands.models import Command
file = files.file(Command.objects.get(name="fetch-logs").pk)
print(base64.b64encode(file.content).decode(), end="")
"""


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path / "region") as made:
        yield made


@pytest.fixture
def kiosk(region: Region, tmp_path: Path) -> Iterator[None]:
    """A simulated kiosk that is well, heard by the controller."""
    papers = region.enrol(KIOSK)[KIOSK]
    region.start_broker()
    for part in ("ingest", "worker"):
        region.start(part)
        wait_until(lambda: "connected" in region.log(part), f"{part} connected")  # noqa: B023
    process = start(papers, region.broker_port, tmp_path / "fleet")
    try:
        wait_until(lambda: "camera" in look(region)["devices"], "the kiosk's devices")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def start(papers: Papers, port: int, folder: Path) -> "subprocess.Popen[bytes]":
    folder.mkdir()
    shutil.copy(papers.certificate, folder)
    shutil.copy(papers.key, folder)
    shutil.copy(papers.ca, folder / CA)
    kiosks = folder / "fleet.csv"
    kiosks.write_text(f"kiosk,kind\n{KIOSK},pvp\n")
    words = ("--pki", folder, "--kiosks", kiosks, "--faults", "none")
    command = [sys.executable, "-m", "simulator.cli", "run", *map(str, words)]
    with (folder / "fleet.log").open("ab") as log:
        return subprocess.Popen([*command, "--broker", f"localhost:{port}"], stderr=log)


def look(region: Region) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(region.python(_LOOK))
    return found


def ends(region: Region, *names: str) -> dict[str, list[Any]]:
    """State, reason and result of commands, once each has ended."""
    region.python(_ORDER, KIOSK, *names)
    final = ("succeeded", "failed", "refused", "expired", "unknown")
    wait_until(
        lambda: all(one[0] in final for one in look(region)["commands"].values()),
        "the end of all",
        _PATIENCE_S,
    )
    found: dict[str, list[Any]] = look(region)["commands"]
    return found


@pytest.mark.usefixtures("kiosk")
def test_what_is_not_disruptive_is_done_and_the_result_comes_back(region: Region) -> None:
    names = [entry.name for entry in CATALOGUE if not entry.is_disruptive]
    found = ends(region, *names)
    refused = {name: one[:2] for name, one in found.items() if one[0] != "succeeded"}
    assert refused == {
        name: ["refused", f"not-possible-here: a simulated kiosk keeps its {kept}"]
        for name, kept in KEPT.items()
    }
    assert found["test-camera"][2]["verdict"] == "ok"


@pytest.mark.usefixtures("kiosk")
def test_a_log_comes_whole(region: Region) -> None:
    ends(region, "fetch-logs")
    content = gzip.decompress(base64.b64decode(region.python(_FETCH))).decode()
    assert KIOSK in content.splitlines()[0]
