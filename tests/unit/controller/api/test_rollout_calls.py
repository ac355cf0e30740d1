"""Rollouts over the API: tried, proposed, approved, held, ended; releases and compliance."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from controller.rollouts.models import Compliance, Release, Rollout, Target
from controller.rollouts.stages import Compliant, Stage, TargetStage, WaveStage
from controller.salt.models import MinionKey
from tests import fleets

pytestmark = pytest.mark.django_db
NAMES = ["pvp-1", "pvp-2", "pvp-3", "pvp-4"]
WAVES = [
    {"name": "first", "kiosks": ["pvp-1"]},
    {"name": "rest", "percent": 100, "waits_for_approval": True},
]
WISH = {"kind": "release", "release": "r1", "kiosks": [*NAMES, "pvp-old"], "waves": WAVES}


@pytest.fixture(autouse=True)
def fleet() -> None:
    now = timezone.now()
    for name in NAMES:
        MinionKey.objects.create(kiosk=fleets.kiosk(name), public_key="PEM", given_at=now)
    fleets.kiosk("pvp-old")  # the master does not know it
    Release.objects.create(
        name="r1", digest="d", manifest={"name": "r1"}, signed_by="key", imported_at=now, actor="x"
    )


def post(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"/api/{path}", body or {"why": "a test"}, content_type="application/json")


def proposed(client: Client) -> str:
    answer = post(client, "rollouts", WISH | {"title": "R1"})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["rollout"]["id"])


def test_a_trial_names_the_waves_and_who_is_left_out_and_changes_nothing(
    technician: Client,
) -> None:
    told = post(technician, "rollouts/preview", WISH).json()

    assert [wave["name"] for wave in told["waves"]] == ["first", "rest"]
    assert told["waves"][0]["kiosks"] == ["pvp-1"]
    assert sorted(told["waves"][1]["kiosks"]) == NAMES[1:]
    assert told["left_out"] == {"pvp-old": "no-minion-key"}
    assert not Rollout.objects.exists()


def test_a_technician_proposes_and_an_administrator_approves(
    technician: Client, administrator: Client
) -> None:
    made = proposed(technician)
    assert post(technician, f"rollouts/{made}/approve").status_code == 403

    told = post(administrator, f"rollouts/{made}/approve").json()

    assert (told["rollout"]["stage"], told["rollout"]["approved_by"]) == (
        "running",
        "administrator",
    )
    assert [event["what"] for event in told["events"]] == ["approved", "proposed"]
    assert [wave["counts"] for wave in told["waves"]] == [{"waiting": 1}, {"waiting": 3}]
    running = administrator.get("/api/rollouts?stage=running").json()
    assert [each["id"] for each in running["items"]] == [made]


def test_a_wave_that_waits_for_a_word_says_so_and_gets_it(administrator: Client) -> None:
    made = proposed(administrator)
    post(administrator, f"rollouts/{made}/approve")
    Rollout.objects.get(pk=made).waves.filter(position=0).update(stage=WaveStage.PASSED)
    waves = administrator.get(f"/api/rollouts/{made}").json()["waves"]
    assert [wave["awaits_approval"] for wave in waves] == [False, True]

    told = post(administrator, f"rollouts/{made}/approve").json()

    assert [wave["awaits_approval"] for wave in told["waves"]] == [False, False]


def test_it_is_held_goes_on_and_is_ended(administrator: Client) -> None:
    made = proposed(administrator)
    stages = [
        post(administrator, f"rollouts/{made}/{how}").json()["rollout"]["stage"]
        for how in ("approve", "pause", "resume", "abort")
    ]
    assert stages == ["running", "paused", "running", "aborted"]
    late = post(administrator, f"rollouts/{made}/resume")
    assert (late.status_code, "aborted" in late.json()["error"]) == (409, True)


def test_what_stopped_by_itself_is_resumed_only_by_who_may_approve(
    technician: Client, administrator: Client
) -> None:
    made = proposed(administrator)
    Rollout.objects.filter(pk=made).update(stage=Stage.STOPPED, reason="worse: camera-1")
    assert post(technician, f"rollouts/{made}/resume").status_code == 403
    assert post(administrator, f"rollouts/{made}/resume").status_code == 200


def test_a_kiosk_that_failed_is_told_with_why_and_tried_again(administrator: Client) -> None:
    made = proposed(administrator)
    post(administrator, f"rollouts/{made}/approve")
    Target.objects.filter(kiosk="pvp-1").update(
        stage=TargetStage.FAILED,
        reason="worse: camera-1",
        before_at=timezone.now(),
        health_before={"camera-1": "ok"},
        health_after={"camera-1": "failed"},
    )
    failed = administrator.get(f"/api/rollouts/{made}/targets?stage=failed").json()
    assert failed["count"] == 1
    told = failed["items"][0]
    assert (told["kiosk"], told["wave"], told["reason"]) == ("pvp-1", 0, "worse: camera-1")
    assert (told["health_before"], told["health_after"]) == (
        {"camera-1": "ok"},
        {"camera-1": "failed"},
    )

    assert post(administrator, f"rollouts/{made}/retry").json()["waves"][0]["counts"] == {
        "waiting": 1
    }


def test_what_it_touched_is_reverted(administrator: Client) -> None:
    made = proposed(administrator)
    post(administrator, f"rollouts/{made}/approve")
    assert post(administrator, f"rollouts/{made}/revert").status_code == 409
    Target.objects.filter(kiosk="pvp-1").update(
        stage=TargetStage.SUCCEEDED, before_at=timezone.now()
    )

    told = post(administrator, f"rollouts/{made}/revert").json()

    assert told["rollout"]["stage"] == "reverting"
    assert [wave["counts"] for wave in told["waves"]] == [{"succeeded": 1}, {"skipped": 3}]


def test_nothing_begins_with_a_release_that_is_withdrawn(
    technician: Client, administrator: Client
) -> None:
    assert administrator.get("/api/releases/r1").json()["manifest"] == {"name": "r1"}
    assert post(technician, "releases/r1/withdraw").status_code == 403

    withdrawn = post(administrator, "releases/r1/withdraw", {"why": "it breaks cameras"})

    assert withdrawn.json()["why_withdrawn"] == "it breaks cameras"
    refused = post(administrator, "rollouts", WISH)
    assert (refused.status_code, "it breaks cameras" in refused.json()["error"]) == (409, True)


def test_what_no_one_knows_is_not_found(administrator: Client) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for path in (f"rollouts/{nobody}", f"rollouts/{nobody}/targets", "releases/r9"):
        assert administrator.get(f"/api/{path}").status_code == 404
    assert administrator.get("/api/compliance/kiosks/pvp-9").status_code == 404


def test_compliance_is_counted_told_and_asked_for_again(viewer: Client, technician: Client) -> None:
    now = timezone.now()
    change = {"id": "motd", "sls": "base", "comment": "", "diff": "-a\n+b"}
    Compliance.objects.create(
        kiosk_id="pvp-1", state=Compliant.NO, since=now, asked_at=now, differences=[change]
    )
    assert viewer.get("/api/compliance").json() == {"compliant": 0, "drifted": 1, "unknown": 4}
    assert viewer.get("/api/compliance/kiosks").json()["items"][0]["differences"] == [change]
    assert viewer.get("/api/compliance/kiosks/pvp-2").json()["state"] == "unknown"
    assert post(viewer, "compliance/check", {"kiosks": ["pvp-1"]}).status_code == 403

    assert post(technician, "compliance/check", {"kiosks": ["pvp-1"]}).status_code == 204

    assert Compliance.objects.get(pk="pvp-1").asked_at is None
