"""The driver, on a real database, before the simulated Salt: the port's contract holds of it.

Agents are the fleet's rows here; tests/peer has them speak through the broker.
"""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from contract.commands import CommandState
from controller.commands.models import Command
from controller.configuration.models import Assignment, Revision
from controller.fleet.models import Device, Status
from controller.rollouts import services
from controller.rollouts.driver import Driver
from controller.rollouts.models import Compliance, Installed, Release, Rollout, Target
from controller.rollouts.numbering import Numbers
from controller.rollouts.plan import Pace
from controller.rollouts.services import WaveWish
from controller.rollouts.stages import Compliant, Kind, OnFailure, Stage, TargetStage
from controller.salt.models import MinionKey, Return
from tests import fleets
from tests.peer.region import wait_until
from tests.salt.simulated import SimulatedWorld

pytestmark = pytest.mark.django_db
NAMES = ("pvp-1", "pvp-2", "pvp-3")
PACE = Pace(
    ask_after=timedelta(seconds=1),
    settle=timedelta(seconds=0),
    again=timedelta(seconds=1),
    reconcile_s=0.0,
    knock_s=0.0,
    answer_s=1.0,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SimulatedWorld]:
    with SimulatedWorld(tmp_path) as made:
        for name in NAMES:
            made.kiosk(name)
        made.effects.write_text(json.dumps({"r1": {"takes_s": 0.05}, "r0": {"takes_s": 0.05}}))
        yield made


@pytest.fixture
def fleet() -> None:
    now = timezone.now()
    old, _ = (
        Release.objects.create(
            name=name, digest=name, manifest={}, signed_by="k", imported_at=now, actor="cli:root"
        )
        for name in ("r0", "r1")
    )
    for name in NAMES:
        kiosk = fleets.kiosk(name)
        fleets.status(kiosk, now)
        fleets.device(kiosk, "camera", now)
        MinionKey.objects.create(kiosk=kiosk, public_key="PEM", given_at=now, laid_at=now)
        Installed.objects.create(kiosk=kiosk, release=old, since=now)


def rollout(*waves: WaveWish, **changes: object) -> Rollout:
    values: dict[str, object] = {
        "title": "R1", "kind": Kind.RELEASE, "release": "r1", "revision": None, "kiosks": NAMES,
        "waves": waves or (_wave("canary", "pvp-1"), _wave("rest", "pvp-2", "pvp-3")),
        "on_failure": OnFailure.REVERT, "user": None, "actor": "cli:root",
    }  # fmt: skip
    made = services.propose(**values | changes)  # type: ignore[arg-type]
    return services.approve(made.pk, user=None, actor="cli:root")


def _wave(name: str, *kiosks: str) -> WaveWish:
    return WaveWish(name, kiosks=kiosks, soak_s=0, keeps_window=False, at_a_time=5)


def hear(*kiosks: str) -> None:
    """Their agents report."""
    Status.objects.filter(pk__in=kiosks).update(reported_at=timezone.now())


def drive(driver: Driver, of: Rollout, *, until: Stage, hears: tuple[str, ...] = NAMES) -> None:
    def is_there() -> bool:
        driver.turn(timezone.now())
        hear(*hears)
        of.refresh_from_db()
        return of.stage == until

    wait_until(is_there, f"{until}: {of.stage} {stages(of)}")


def stages(of: Rollout) -> dict[str, str]:
    return dict(of.targets.values_list("kiosk_id", "stage"))


def driver_of(world: SimulatedWorld) -> Driver:
    return Driver(world.port, Numbers(), PACE, listens=False)


def test_a_release_goes_to_all_and_what_they_have_is_noted(
    world: SimulatedWorld, fleet: None
) -> None:
    made = rollout()
    drive(driver_of(world), made, until=Stage.DONE)
    assert set(stages(made).values()) == {TargetStage.SUCCEEDED}
    assert set(Installed.objects.values_list("release_id", "rollout")) == {("r1", made.pk)}
    assert set(Compliance.objects.values_list("state", "release")) == {(Compliant.YES, "r1")}
    assert dict(made.targets.values_list("kiosk_id", "release_before"))["pvp-1"] == "r0"
    told = list(made.events.values_list("what", flat=True))
    assert told[0:2] == ["proposed", "approved"]
    assert told[-1] == "done"


def test_all_kiosks_of_a_turn_share_one_job(world: SimulatedWorld, fleet: None) -> None:
    made = rollout()
    drive(driver_of(world), made, until=Stage.DONE)
    jids = list(made.targets.exclude(kiosk="pvp-1").values_list("jid", flat=True))
    assert len(set(jids)) == 1
    assert Return.objects.filter(jid=jids[0]).count() == 2


def test_a_camera_that_dies_ends_it_and_the_old_release_is_restored(
    world: SimulatedWorld, fleet: None
) -> None:
    made = rollout()
    driver = driver_of(world)

    def is_applied() -> bool:
        driver.turn(timezone.now())
        return made.targets.get(kiosk="pvp-1").applied_at is not None

    wait_until(is_applied, "pvp-1 has it")
    Device.objects.filter(kiosk="pvp-1").update(health="failed", since=timezone.now())
    drive(driver, made, until=Stage.REVERTED)
    assert stages(made) == {
        "pvp-1": TargetStage.REVERTED, "pvp-2": TargetStage.SKIPPED, "pvp-3": TargetStage.SKIPPED,
    }  # fmt: skip
    assert made.reason == "worse: camera"
    assert set(Installed.objects.values_list("release_id", flat=True)) == {"r0"}
    assert [name for name, _ in world.kiosks.updates].count("pvp-1") == 2


def test_a_configuration_moves_with_the_kiosk_and_back_with_its_revert(
    world: SimulatedWorld, fleet: None
) -> None:
    now = timezone.now()
    old, new = (Revision.objects.create(scope="region", at=now, actor="x") for _ in range(2))
    for name in NAMES:
        Assignment.objects.create(kiosk_id=name, revision=old, since=now)
    made = rollout(kind=Kind.CONFIGURATION, release=None, revision=new.pk)
    driver = driver_of(world)
    drive(driver, made, until=Stage.DONE)
    assert set(Assignment.objects.values_list("revision", flat=True)) == {new.pk}
    services.revert(made.pk, user=None, actor="cli:root")
    drive(driver, made, until=Stage.REVERTED)
    assert set(Assignment.objects.values_list("revision", flat=True)) == {old.pk}
    assert set(Compliance.objects.values_list("asked_at", flat=True)) == {None}


def test_a_driver_that_died_after_it_wrote_gives_the_same_job_again(
    world: SimulatedWorld, fleet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rollout()
    driver = driver_of(world)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    driver.turn(timezone.now())
    with monkeypatch.context() as patched:
        patched.setattr(driver, "_give", dies)
        with pytest.raises(KeyboardInterrupt):
            wait_until(lambda: driver.turn(timezone.now()), "it begins")
    target = Target.objects.get(kiosk="pvp-1")
    assert (target.stage, target.is_given, len(target.jid)) == (TargetStage.APPLYING, False, 20)
    drive(driver_of(world), made, until=Stage.DONE)
    assert [name for name, _ in world.kiosks.updates].count("pvp-1") == 1


def test_salt_that_is_away_is_said_once_and_waited_for(
    world: SimulatedWorld, fleet: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "vigie.rollouts")
    made = rollout()
    driver = driver_of(world)
    with world.without_api():
        for _ in range(5):
            driver.turn(timezone.now())
    assert stages(made)["pvp-2"] == TargetStage.WAITING
    drive(driver, made, until=Stage.DONE)
    said = [one.getMessage() for one in caplog.records]
    assert sum("rollouts wait" in text for text in said) == 1
    assert said.count("Salt answers again") == 1


def test_a_return_lost_while_the_master_was_down_comes_from_the_kiosk(
    world: SimulatedWorld, fleet: None
) -> None:
    world.effects.write_text(json.dumps({"r1": {"takes_s": 1.0}}))
    made = rollout(_wave("canary", "pvp-1"), _wave("rest", "pvp-2", "pvp-3"))
    driver = driver_of(world)

    def is_given() -> bool:
        driver.turn(timezone.now())
        return made.targets.get(kiosk="pvp-1").is_given

    wait_until(is_given, "the job is given")
    jid = made.targets.get(kiosk="pvp-1").jid
    with world.without_master():
        world.wait_for_end("pvp-1", jid)
    drive(driver, made, until=Stage.DONE)
    assert Return.objects.filter(jid=jid, kiosk="pvp-1").exists()
    assert [name for name, _ in world.kiosks.updates].count("pvp-1") == 1


def test_a_kiosk_whose_key_the_master_lacks_waits_for_it(
    world: SimulatedWorld, fleet: None
) -> None:
    world.port.remove("pvp-3")
    made = rollout()
    driver = driver_of(world)

    def others_have_it() -> bool:
        driver.turn(timezone.now())
        hear(*NAMES)
        return stages(made)["pvp-2"] == TargetStage.SUCCEEDED

    wait_until(others_have_it, "pvp-2 has it")
    driver.turn(timezone.now())
    target = made.targets.get(kiosk="pvp-3")
    assert (target.stage, target.reason) == (TargetStage.WAITING, "no-minion-key")


def test_when_nothing_is_to_be_done_nothing_is_asked(
    world: SimulatedWorld, django_assert_num_queries: object, fleet: None
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert not driver_of(world).turn(timezone.now())


def test_a_turn_asks_the_database_as_often_for_three_kiosks_as_for_one(
    world: SimulatedWorld, django_assert_max_num_queries: object, fleet: None
) -> None:
    rollout(_wave("all", *NAMES))
    driver = Driver(world.port, Numbers(), listens=False)
    for _ in range(3):
        driver.turn(timezone.now())
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        driver.turn(timezone.now() + timedelta(milliseconds=1))


def test_the_clock_of_a_driver_that_slept_begins_anew(world: SimulatedWorld, fleet: None) -> None:
    made = rollout(kiosk_limit_s=60)
    driver = driver_of(world)

    def is_proving() -> bool:
        driver.turn(timezone.now())
        return made.targets.get(kiosk="pvp-1").stage == TargetStage.PROVING

    wait_until(is_proving, "it is proving")
    later: datetime = timezone.now() + timedelta(hours=2)
    driver_of(world).turn(later)
    assert made.targets.get(kiosk="pvp-1").stage == TargetStage.PROVING


def test_an_agent_that_says_nothing_by_itself_is_asked_for_a_check_up_and_proves_by_that(
    world: SimulatedWorld, fleet: None
) -> None:
    made, driver = rollout(_wave("canary", "pvp-1"), kiosks=("pvp-1",)), driver_of(world)

    def has_asked() -> bool:
        driver.turn(timezone.now())
        return Command.objects.filter(kiosk="pvp-1").exists()

    wait_until(has_asked, f"a check-up: {stages(made)}")
    driver.turn(timezone.now())
    asked = Command.objects.get(kiosk="pvp-1")
    assert (asked.name, asked.why) == ("check-up", f"rollout {made.pk}")
    assert stages(made) == {"pvp-1": TargetStage.PROVING}
    Command.objects.update(state=CommandState.SUCCEEDED)
    drive(driver, made, until=Stage.DONE, hears=())
    assert stages(made) == {"pvp-1": TargetStage.SUCCEEDED}


def test_a_kiosk_whose_key_is_not_laid_waits_and_begins_once_it_is(
    world: SimulatedWorld, fleet: None
) -> None:
    MinionKey.objects.update(laid_at=None)
    made, driver = rollout(_wave("canary", "pvp-1"), kiosks=("pvp-1",)), driver_of(world)
    driver.turn(timezone.now())
    driver.turn(timezone.now())
    target = made.targets.get()
    assert (target.stage, target.reason, target.jid) == (TargetStage.WAITING, "no-minion-key", "")
    MinionKey.objects.update(laid_at=timezone.now())
    drive(driver, made, until=Stage.DONE)
