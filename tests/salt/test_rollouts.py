"""Rollouts by the real worker, over real Salt: they stop by themselves, and nothing loses them.

Agents speak through the real broker and ingest. Each run of a kiosk's states leaves a line in its
minion's cache, so that what was done twice is seen.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peer.region import Region, wait_until
from tests.salt.agents import Agents
from tests.salt.minion import Minion
from tests.salt.stage import Stage, is_installed

NAMES = tuple(f"pvp-{number}" for number in range(10))
BROKEN = "pvp-3"
_PATIENCE_S = 300.0

_TOP = "{{ saltenv }}:\n  '*': [kiosk]\n"
_RAN = """
{% set cache = opts['cachedir'] %}
{% set run = saltenv ~ (' asked' if opts.get('test') else ' done') %}
{% do salt['file.append'](cache ~ '/ran', run) %}
release:
  file.managed:
    - name: {{ cache }}/release
    - contents: {{ saltenv }}
"""
_CAMERA = """
camera:
  file.%s:
    - name: {{ cache }}/camera-off
"""
_SLOW = """
slow:
  module.run:
    - test.sleep:
      - length: {{ 0 if opts.get('test') else 8 }}
    - unless: test "$(cat {{ cache }}/release.slow 2>/dev/null)" = {{ saltenv }}
slow-done:
  file.managed:
    - name: {{ cache }}/release.slow
    - contents: {{ saltenv }}
    - require:
      - module: slow
"""

_PLANT = """
import sys, django
django.setup()
from django.utils import timezone
from controller.rollouts.models import Installed, Release
from controller.salt.models import MinionKey
now = timezone.now()
for name in ("r0", "r1", "r2"):
    Release.objects.create(name=name, digest=name, manifest={}, signed_by="k", imported_at=now,
                           actor="cli:root")
for kiosk in sys.argv[1:]:
    MinionKey.objects.create(kiosk_id=kiosk, public_key="PEM", given_at=now, laid_at=now)
    Installed.objects.create(kiosk_id=kiosk, release_id="r0", since=now)
"""
_PROPOSE = """
import json, sys, django
django.setup()
from controller.rollouts import services
from controller.rollouts.services import WaveWish
from controller.rollouts.stages import Kind, OnFailure
release, waves = json.loads(sys.argv[1])
made = services.propose(
    title=release, kind=Kind.RELEASE, release=release, revision=None,
    kiosks=[kiosk for wave in waves for kiosk in wave],
    waves=[WaveWish(str(number), kiosks=tuple(wave), at_a_time=4, soak_s=2, keeps_window=False)
           for number, wave in enumerate(waves)],
    on_failure=OnFailure.REVERT, user=None, actor="cli:root")
services.approve(made.pk, user=None, actor="cli:root")
print(made.pk, end="")
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.rollouts.models import Installed, Rollout
one = Rollout.objects.get(pk=sys.argv[1])
rows = one.targets.values_list("kiosk_id", "stage", "is_given")
json.dump({"stage": one.stage, "reason": one.reason,
           "targets": {kiosk: stage for kiosk, stage, _ in rows},
           "given": [kiosk for kiosk, _, is_given in rows if is_given],
           "installed": dict(Installed.objects.values_list("kiosk_id", "release_id")),
           "told": list(one.events.values_list("what", "subject"))}, sys.stdout)
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One of its own: its master and API are killed."""
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    with Stage() as raised:
        yield raised


@pytest.fixture(scope="module")
def minions(stage: Stage) -> dict[str, Minion]:
    sound, broken = (
        _RAN + _CAMERA % "absent",
        (f"{{% if grains['id'] == '{BROKEN}' %}}{_CAMERA % 'touch'}{{% endif %}}"),
    )
    unless = "    - unless: test -e {{ cache }}/camera-off\n{% endif %}"
    for name, states in (
        ("r0", sound),
        ("r1", _RAN + broken.replace("{% endif %}", unless)),
        ("r2", sound + _SLOW),
    ):
        stage.release(name, {"top.sls": _TOP, "kiosk.sls": states})
    for name in NAMES:
        stage.pillars[name] = {}
    made = {one.kiosk: one for half in (NAMES[:5], NAMES[5:]) for one in stage.minions(*half)}
    for one in made.values():
        (one.folder / "cache" / "ran").touch()
    return made


@pytest.fixture(scope="module")
def region(stage: Stage, minions: dict[str, Minion]) -> Iterator[Region]:
    """With its broker, its ingest and the agents; each test has a worker of its own."""
    stage.region.start_broker()
    stage.region.start("ingest")
    caches = {kiosk: one.folder / "cache" for kiosk, one in minions.items()}
    with Agents(stage.region, caches):
        stage.region.python(_PLANT, *NAMES)
        yield stage.region


@pytest.fixture
def worker(region: Region) -> Iterator[Callable[[], None]]:
    """Runs; called, it is killed and another takes its place."""
    region.start("worker")

    def again() -> None:
        region.kill("worker")
        region.start("worker")

    yield again
    region.stop("worker")


def propose(region: Region, release: str, *waves: tuple[str, ...]) -> str:
    return region.python(_PROPOSE, json.dumps([release, waves]))


def look(region: Region, rollout: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(region.python(_LOOK, rollout))
    return found


def wait_for(region: Region, rollout: str, is_so: Callable[[dict[str, Any]], bool]) -> None:
    last: dict[str, Any] = {}

    def is_there() -> bool:
        last.update(look(region, rollout))
        return is_so(last)

    try:
        wait_until(is_there, "the rollout", _PATIENCE_S)
    except AssertionError:
        raise AssertionError(f"{last}\n{region.log('worker')}") from None


def ran(minion: Minion, release: str) -> int:
    """How often a release was applied, and not only asked about."""
    path: Path = minion.folder / "cache" / "ran"
    lines = path.read_text().splitlines() if path.exists() else []
    return lines.count(f"{release} done")


def test_one_dead_camera_stops_the_wave_and_the_revert_restores_it(
    region: Region, minions: dict[str, Minion], worker: Callable[[], None]
) -> None:
    rollout = propose(region, "r1", NAMES[:1], NAMES[1:5], NAMES[5:])
    wait_for(region, rollout, lambda now: now["targets"][BROKEN] != "waiting")
    cache = minions[BROKEN].folder / "cache"
    wait_until((cache / "camera-off").exists, "the camera dies", _PATIENCE_S)
    wait_for(region, rollout, lambda now: now["stage"] == "reverted")
    end = look(region, rollout)
    assert end["reason"] == "worse: camera"
    assert ["kiosk-failed", BROKEN] in end["told"]
    assert {end["targets"][kiosk] for kiosk in NAMES[:5]} == {"reverted"}
    assert {end["targets"][kiosk] for kiosk in NAMES[5:]} == {"skipped"}
    assert set(end["installed"].values()) == {"r0"}
    assert not (cache / "camera-off").exists()
    assert [ran(minions[kiosk], "r1") for kiosk in NAMES] == [1] * 5 + [0] * 5
    assert [ran(minions[kiosk], "r0") for kiosk in NAMES] == [1] * 5 + [0] * 5


def test_killing_worker_api_and_master_in_the_midst_loses_nothing(
    stage: Stage, region: Region, minions: dict[str, Minion], worker: Callable[[], None]
) -> None:
    first, second = NAMES[:2], NAMES[2:4]
    rollout = propose(region, "r2", first, second)
    wait_for(region, rollout, lambda now: set(now["given"]) >= set(first))
    worker()
    stage.kill("api")
    wait_until(lambda: ran(minions[first[0]], "r2") == 1, "the first is at it", _PATIENCE_S)
    stage.start("api")
    stage.wait_for_api()
    wait_for(region, rollout, lambda now: set(now["given"]) & set(second) == set(second))
    for kiosk in second:
        wait_until(lambda: ran(minions[kiosk], "r2") == 1, f"{kiosk} is at it", _PATIENCE_S)  # noqa: B023
    stage.kill("master")
    for kiosk in second:
        done = minions[kiosk].folder / "cache" / "release.slow"
        wait_until(done.exists, f"{kiosk} is done, and nobody hears", _PATIENCE_S)
    worker()
    stage.start("master")
    stage.wait_for_api()
    wait_for(region, rollout, lambda now: now["stage"] == "done")
    end = look(region, rollout)
    assert {end["targets"][kiosk] for kiosk in NAMES[:4]} == {"succeeded"}
    assert [ran(minions[kiosk], "r2") for kiosk in NAMES[:4]] == [1] * 4
    assert [end["installed"][kiosk] for kiosk in NAMES[:4]] == ["r2"] * 4
