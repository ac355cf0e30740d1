"""A region that answers, and the command line of somebody elsewhere who has a token for it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peer.region import ROOT, Region

_PLANT = """
import django
django.setup()
from django.utils import timezone
from controller.alerts.models import Alert
from controller.notify.models import Channel
from tests import fleets
now = timezone.now()
for name in ("pvp-63003-1", "pvp-63003-2"):
    kiosk = fleets.kiosk(name)
    fleets.status(kiosk, now, readiness="not-ready", because=["printer"])
    Alert.objects.create(
        fingerprint=f"kiosk-offline {name}", rule="kiosk-offline", severity="critical",
        cause="kiosk", culprit=name, kiosk=kiosk, state="firing", since=now, fired_at=now)
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a run left behind."""

    code: int
    out: str
    err: str


class Desk:
    """Where somebody types, far from the controller: his home, his token."""

    def __init__(self, home: Path, url: str, token: str) -> None:
        self.home, self.url, self.token = home, url, token
        (home / "bin").mkdir(parents=True)
        program = home / "bin" / "vigie"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m controller.cli "$@"\n')
        program.chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "VIGIE_HOME": str(self.home / "no-controller-here"),
            "VIGIE_URL": self.url,
            "VIGIE_TOKEN": self.token,
            "URL": self.url,
            "TOKEN": self.token,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **more,
        }

    def run(self, *words: str, stdin: str = "", **more: str) -> Said:
        done = subprocess.run(
            [str(self.home / "bin" / "vigie"), *words],
            env=self.environment(**more),
            cwd=self.home,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.home / "bin" / "vigie"), *words],
            env=self.environment(),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def bash(self, script: str) -> Said:
        bash = shutil.which("bash")
        if bash is None:
            pytest.skip("bash is not installed")
        done = subprocess.run(
            [bash, "-euo", "pipefail", "-c", script],
            env=self.environment(),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with Region(tmp_path_factory.mktemp("region")) as region:
        region.python(_PLANT)
        for name, role in (("marie", "administrator"), ("paul", "viewer")):
            region.vigie("user", "add", name, "--role", role)
        region.start_web()
        yield region


def desk_of(region: Region, name: str, home: Path) -> Desk:
    said = region.vigie("user", "token", name, "--name", "desk")
    secret = re.search(r"vigie_\S+", said)
    assert secret is not None
    return Desk(home, region.pages, secret[0])


@pytest.fixture(scope="module")
def desk(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_of(region, "marie", tmp_path_factory.mktemp("marie"))


@pytest.fixture(scope="module")
def viewers_desk(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_of(region, "paul", tmp_path_factory.mktemp("paul"))
