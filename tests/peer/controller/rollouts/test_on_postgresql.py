"""A rollout, its revert and the drift of a fleet on PostgreSQL, by the same code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peer.postgres import Postgres, binaries, toml
from tests.peer.region import Region
from tests.salt.simulated import SimulatedWorld

NAMES = ("pvp-1", "pvp-2", "pvp-3")

_DRIVE = """
import json, sys, time, django
from datetime import timedelta
from pathlib import Path
django.setup()
from django.utils import timezone
from controller.fleet.models import Device, Kiosk, Status
from controller.rollouts import services
from controller.rollouts.compliance import Drift
from controller.rollouts.driver import Driver
from controller.rollouts.models import Compliance, Installed, Release, Rollout
from controller.rollouts.numbering import Numbers
from controller.rollouts.plan import Pace
from controller.rollouts.services import WaveWish
from controller.rollouts.stages import Kind, OnFailure
from controller.salt.client import SaltApi
from controller.salt.models import MinionKey
from controller.salt.session import Endpoint

url, ca, user, password, *names = sys.argv[1:]
now = timezone.now()
for name in ("r0", "r1"):
    Release.objects.create(name=name, digest=name, manifest={}, signed_by="k", imported_at=now,
                           actor="x")
for name in names:
    Status.objects.create(kiosk_id=name, is_online=True, last_heard_at=now, touched_at=now)
    Device.objects.create(kiosk_id=name, device="camera", kind="camera", health="ok", since=now,
                          measured_at=now, epoch="e", seq=1)
    MinionKey.objects.create(kiosk_id=name, public_key="PEM", given_at=now, laid_at=now)
    Installed.objects.create(kiosk_id=name, release_id="r0", since=now)
who = {"user": None, "actor": "cli:root"}
made = services.propose(
    title="R1", kind=Kind.RELEASE, release="r1", revision=None, kiosks=names,
    waves=[WaveWish("canary", kiosks=(names[0],), soak_s=0, keeps_window=False),
           WaveWish("rest", percent=100, soak_s=0, keeps_window=True)],
    on_failure=OnFailure.REVERT, **who)
services.approve(made.pk, **who)
numbers, port = Numbers(), SaltApi(Endpoint(url, Path(ca), user, Path(password)))
pace = Pace(ask_after=timedelta(seconds=1), reconcile_s=0.0)
driver, drift = Driver(port, numbers, pace), Drift(port, numbers)

def drive(until):
    end = time.monotonic() + 60
    while Rollout.objects.get(pk=made.pk).stage != until and time.monotonic() < end:
        driver.turn(timezone.now().replace(hour=23))  # in the window
        Status.objects.update(reported_at=timezone.now().replace(hour=23))
        time.sleep(0.05)
    one = Rollout.objects.get(pk=made.pk)
    return [one.stage, one.reason, dict(one.targets.values_list("kiosk_id", "stage"))]

told = {"forward": drive("done")}
services.revert(made.pk, **who)
told["back"] = drive("reverted")
Compliance.objects.all().delete()
drift.turn(timezone.now())
told["asked"] = Compliance.objects.exclude(jid="").count()
told["has"] = dict(Installed.objects.values_list("kiosk_id", "release_id"))
json.dump(told, sys.stdout)
"""


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with Postgres(programs) as server, Region(tmp_path / "region", toml(server)) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SimulatedWorld]:
    with SimulatedWorld(tmp_path) as made:
        for name in NAMES:
            made.kiosk(name)
        made.effects.write_text(json.dumps({name: {"takes_s": 0.05} for name in ("r0", "r1")}))
        yield made


def test_a_release_goes_out_and_comes_back(region: Region, world: SimulatedWorld) -> None:
    region.plant(*NAMES)
    at = world.endpoint
    paths = (str(at.ca), at.user, str(at.password_file))
    told: dict[str, Any] = json.loads(region.python(_DRIVE, at.url, *paths, *NAMES))
    assert told["forward"] == ["done", "", dict.fromkeys(NAMES, "succeeded")]
    assert told["back"] == ["reverted", "", dict.fromkeys(NAMES, "reverted")]
    assert told["asked"] == len(NAMES)
    assert told["has"] == dict.fromkeys(NAMES, "r0")
