"""Drift: asked about once a day, never in the way of anybody, and unknown when it is not known."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from controller.fleet.models import Device, Kiosk, Lifecycle, Status
from controller.rollouts import selectors, services
from controller.rollouts.compliance import EVERY, PATIENCE, STALE, Drift, due
from controller.rollouts.models import Compliance, Installed, Release
from controller.rollouts.numbering import Numbers
from controller.rollouts.stages import Compliant
from controller.salt.port import Unreachable
from tests import fleets
from tests.peer.region import wait_until
from tests.salt.simulated import SimulatedWorld

pytestmark = pytest.mark.django_db
NAMES = ("pvp-1", "pvp-2", "pvp-3")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SimulatedWorld]:
    with SimulatedWorld(tmp_path) as made:
        for name in NAMES:
            made.kiosk(name)
        told = {"": {"takes_s": 0.05}, "r0": {"takes_s": 0.05, "tampered": ["pvp-2"]}}
        made.effects.write_text(json.dumps(told))
        yield made


@pytest.fixture(autouse=True)
def fleet() -> None:
    now = timezone.now()
    release = Release.objects.create(
        name="r0", digest="r0", manifest={}, signed_by="k", imported_at=now, actor="cli:root"
    )
    for name in NAMES:
        kiosk = fleets.kiosk(name)
        fleets.status(kiosk, now)
        Installed.objects.create(kiosk=kiosk, release=release, since=now)


def states() -> dict[str, str]:
    return dict(Compliance.objects.values_list("kiosk_id", "state"))


def ask_until_answered(drift: Drift) -> None:
    def is_answered() -> bool:
        drift.turn(timezone.now())
        return Compliance.objects.count() == 3 and not Compliance.objects.exclude(jid="").exists()

    wait_until(is_answered, "all have answered")


def test_who_has_drifted_is_told_with_what_would_change(world: SimulatedWorld) -> None:
    jid = "20261201083000000000"  # as a rollout brought them there
    world.master.submit(jid, "state.apply", NAMES, (), {"saltenv": "r0"})
    wait_until(lambda: len(world.kiosks.updates) == len(NAMES), "all have it")
    ask_until_answered(Drift(world.port, Numbers()))
    assert states()["pvp-2"] == Compliant.NO
    (difference,) = Compliance.objects.get(pk="pvp-2").differences
    assert difference["id"] == "vigie"
    assert "+r0" in difference["diff"]


def test_so_many_are_asked_at_a_time(world: SimulatedWorld) -> None:
    Drift(world.port, Numbers(), at_a_time=2).turn(timezone.now())
    assert Compliance.objects.exclude(jid="").count() == 2


def test_nobody_is_asked_in_a_session_when_offline_or_out_of_service() -> None:
    now = timezone.now()
    fleets.device(Kiosk.objects.get(pk="pvp-1"), "session", now, facts={"in_session": True})
    Status.objects.filter(pk="pvp-2").update(is_online=False)
    assert due(now, 10) == {"pvp-3": "r0"}
    Kiosk.objects.filter(pk="pvp-3").update(lifecycle=Lifecycle.RETIRED)
    assert due(now, 10) == {}
    Device.objects.all().delete()
    assert due(now, 10) == {"pvp-1": "r0"}


def test_each_is_asked_again_within_a_day_and_not_all_at_once() -> None:
    now = timezone.now()
    for name in NAMES:
        Compliance.objects.create(kiosk_id=name, since=now, asked_at=now)
    assert due(now + EVERY - timedelta(seconds=1), 10) == {}
    assert set(due(now + timedelta(days=1), 10)) == set(NAMES)
    minutes = [set(due(now + timedelta(minutes=one), 10)) for one in range(24 * 60)]
    when = {name: next(n for n, asked in enumerate(minutes) if name in asked) for name in NAMES}
    assert len(set(when.values())) == 3


def test_it_is_asked_at_once_when_a_person_wants_to_know() -> None:
    now = timezone.now()
    Compliance.objects.create(kiosk_id="pvp-1", since=now, asked_at=now)
    services.check_soon(["pvp-1"], user=None, actor="cli:root")
    assert "pvp-1" in due(now, 10)


def test_one_that_gives_no_answer_is_unknown(world: SimulatedWorld) -> None:
    world.leave("pvp-1")
    drift, now = Drift(world.port, Numbers()), timezone.now()
    drift.turn(now)
    drift.turn(now + PATIENCE)
    found = Compliance.objects.get(pk="pvp-1")
    assert (found.state, found.reason, found.jid) == (Compliant.UNKNOWN, "no-return", "")


def test_what_was_found_long_ago_is_unknown_today(world: SimulatedWorld) -> None:
    now = timezone.now()
    Compliance.objects.create(
        kiosk_id="pvp-1", since=now, state=Compliant.YES, checked_at=now - STALE, asked_at=now
    )
    Status.objects.filter(pk="pvp-1").update(is_online=False)
    Drift(world.port, Numbers()).turn(now)
    found = Compliance.objects.get(pk="pvp-1")
    assert (found.state, found.reason) == (Compliant.UNKNOWN, "offline")


def test_while_salt_is_away_they_stay_due(world: SimulatedWorld) -> None:
    drift = Drift(world.port, Numbers())
    with world.without_api(), pytest.raises(Unreachable):
        drift.turn(timezone.now())
    assert set(due(timezone.now(), 10)) == set(NAMES)


def test_the_fleet_is_counted_with_those_never_checked_as_unknown() -> None:
    now = timezone.now()
    Compliance.objects.create(kiosk_id="pvp-1", since=now, state=Compliant.YES, checked_at=now)
    assert selectors.fleet_compliance() == {
        Compliant.YES: 1, Compliant.NO: 0, Compliant.UNKNOWN: 2,
    }  # fmt: skip
