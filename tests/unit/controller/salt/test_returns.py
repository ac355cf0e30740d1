"""Returns are kept once, and two runs of one job tell of a clone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.alerts.models import Condition
from controller.salt import clones, services
from controller.salt.models import MinionKey
from controller.salt.models import Return as Stored
from controller.salt.port import Return
from tests import fleets

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
JID = "20261101120000000000"


def applied(start_time: str, kiosk: str = "pvp-1", jid: str = JID) -> Return:
    body = {"a_|-b_|-c_|-d": {"result": True, "start_time": start_time, "duration": 3.1}}
    return Return(jid, kiosk, "state.apply", 0, True, body)


def count() -> int:
    return Stored.objects.get(jid=JID, kiosk="pvp-1").count


def told() -> list[str]:
    clones.notice(NOW)
    return list(Condition.objects.filter(key="minion-cloned").values_list("subject", flat=True))


def test_a_return_is_kept_once_however_often_it_is_told() -> None:
    fleets.kiosk("pvp-1")
    heard = applied("08:30:00.000001")
    assert services.store([heard], NOW) == 1
    assert services.store([heard, heard], NOW) == 0
    assert count() == 1
    assert told() == []


def test_what_is_kept_of_a_body_is_for_the_caller_to_cut() -> None:
    fleets.kiosk("pvp-1")

    def cut(body: Any) -> list[str]:
        return sorted(body)

    services.store([applied("08:30:00.000001")], NOW, cut)
    stored = Stored.objects.get()
    assert (stored.body, stored.began_ms) == (["a_|-b_|-c_|-d"], 30_600_000)


def test_of_a_kiosk_that_is_no_more_nothing_is_kept() -> None:
    assert services.store([applied("08:30:00.000001")], NOW) == 0


def test_two_runs_of_a_job_are_two_machines_in_whatever_order_they_are_told() -> None:
    fleets.kiosk("pvp-1")
    first, second = applied("08:30:00.000001"), applied("08:30:01.700000")
    services.store([first], NOW)
    services.store([second], NOW)
    services.store([first], NOW)
    services.store([second, first], NOW)
    assert count() == 2
    assert told() == ["pvp-1"]


def test_two_runs_told_at_once_are_two_machines() -> None:
    fleets.kiosk("pvp-1")
    services.store([applied("08:30:00.000001"), applied("08:30:01.700000")], NOW)
    assert count() == 2


def test_a_job_done_again_by_a_minion_that_was_restarted_is_no_clone() -> None:
    fleets.kiosk("pvp-1")
    services.store([applied("08:30:00.000001"), applied("08:31:05.000000")], NOW)
    assert count() == 1


def test_the_condition_ends_with_a_new_key() -> None:
    kiosk = fleets.kiosk("pvp-1")
    MinionKey.objects.create(kiosk=kiosk, public_key="a", given_at=NOW - timedelta(days=9))
    services.store([applied("08:30:00.1"), applied("08:30:01.1")], NOW - timedelta(hours=1))
    assert told() == ["pvp-1"]
    MinionKey.objects.update(ended_at=NOW)
    MinionKey.objects.create(kiosk=kiosk, public_key="b", given_at=NOW)
    assert told() == []


def test_the_condition_ends_after_three_days_without_another() -> None:
    fleets.kiosk("pvp-1")
    services.store([applied("08:30:00.1"), applied("08:30:01.1")], NOW)
    assert told() == ["pvp-1"]
    clones.notice(NOW + timedelta(days=4))
    assert not Condition.objects.exists()


def test_old_returns_are_forgotten() -> None:
    fleets.kiosk("pvp-1")
    services.store([applied("08:30:00.1")], NOW - timedelta(days=9))
    services.store([applied("08:30:00.1", jid="20261101120000000001")], NOW)
    assert services.forget(NOW - timedelta(days=1)) == 1
    assert Stored.objects.get().jid == "20261101120000000001"
