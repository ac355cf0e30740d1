"""Evaluation killed in the midst of its turns, on either database: the same is told, and once."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.peer.region import ROOT, Region, wait_until

_KILLS = 8
_STEPS = 240

#: Plays from where it was: what is done again after a kill is the same as before.
_PLAY = """
import random, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import django
django.setup()
from django.db import transaction
from controller.alerts import evaluate, services
from controller.fleet.models import Device, Kiosk, Site, Status
progress, steps = Path(sys.argv[1]), int(sys.argv[2])
START = datetime(2026, 11, 24, 8, tzinfo=UTC)
def begin():
    for number in range(12):
        place, _ = Site.objects.get_or_create(code=f"s{number}", defaults=dict(
            name="x", host_type="town-hall", commune="x", insee="63003", department="63",
            provider="Orange" if number < 8 else "SFR"))
        kiosk, _ = Kiosk.objects.get_or_create(
            pk=f"k{number}", defaults=dict(kind="pvp", site=place))
        Status.objects.get_or_create(kiosk=kiosk, defaults=dict(
            is_online=True, presence_since=START, last_heard_at=START, reported_at=START,
            touched_at=START))
        for name in ("camera", "printer"):
            Device.objects.get_or_create(kiosk=kiosk, device=name, defaults=dict(
                kind=name, health="ok", since=START, measured_at=START, epoch="e", seq=1))
def happen(step, now):
    draw = random.Random(step)
    if step == 100:  # a provider's line, for an hour
        hear([f"k{n}" for n in range(8)], now, is_online=False, presence_since=now)
    elif step == 160:
        hear([f"k{n}" for n in range(8)], now, is_online=True, presence_since=now, reported_at=now)
    elif step % 6 == 0 and not 95 < step < 165:
        name = f"k{draw.randrange(12)}"
        health = draw.choice(("ok", "ok", "failed", "missing"))
        Device.objects.filter(kiosk=name, device=draw.choice(("camera", "printer"))).update(
            health=health, reasons=[], since=now)
        hear([name], now, reported_at=now)
@transaction.atomic
def hear(names, now, **values):
    Status.objects.filter(pk__in=names).update(last_heard_at=now, touched_at=now, **values)
services.save_route("default", "All", [{"after_s": 0, "contacts": ["it"]},
    {"after_s": 1800, "contacts": ["boss"]}], actor="test")
begin()
first = int(progress.read_text()) if progress.exists() else 0
for step in range(first, steps):
    now = START + timedelta(minutes=step)
    happen(step, now)
    evaluate.turn(now)
    part = progress.with_suffix(".part")
    part.write_text(str(step + 1))
    part.replace(progress)
"""
_TOLD = """
import json, sys, django
django.setup()
from controller.alerts.models import AlertEvent
json.dump(sorted([event.at.isoformat(), event.name, event.alert.fingerprint, event.tells]
    for event in AlertEvent.objects.select_related("alert")), sys.stdout)
"""


def told(region: Region) -> list[Any]:
    found: list[Any] = json.loads(region.python(_TOLD))
    return found


def undisturbed(folder: Path) -> list[Any]:
    with Region(folder) as region:
        region.python(_PLAY, str(folder / "progress"), str(_STEPS))
        return told(region)


def start(region: Region, progress: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _PLAY, str(progress), str(_STEPS)],
        cwd=ROOT,
        env=region.environment,
    )


def reached(progress: Path) -> int:
    return int(progress.read_text()) if progress.exists() else 0


def test_what_is_told_is_the_same_after_kills_at_random(tmp_path: Path, database_toml: str) -> None:
    expected = undisturbed(tmp_path / "calm")
    assert {name for _, name, _, _ in expected} >= {"fired", "escalated", "resolved", "left"}
    draw = random.Random(7)  # noqa: S311 - when to kill
    progress = tmp_path / "progress"
    with Region(tmp_path / "wild", database_toml) as region:
        for goal in sorted(draw.sample(range(5, _STEPS - 5), _KILLS)):
            child = start(region, progress)
            try:
                wait_until(lambda: reached(progress) >= goal, f"step {goal}", 120)  # noqa: B023
            finally:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
        region.python(_PLAY, str(progress), str(_STEPS))
        assert told(region) == expected
