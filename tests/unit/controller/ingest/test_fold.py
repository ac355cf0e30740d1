"""What messages do to the fleet, with no database in sight."""

from datetime import UTC, datetime, timedelta

import pytest

from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Presence, Report, encode
from contract.topics import Channel
from controller.ingest.arrivals import Heard, Place, Unreadable
from controller.ingest.fold import Fleet, Known

KIOSK = "pvp-63003-1"
EPOCH, OTHER = "00000000000000aa", "00000000000000bb"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
OK = DeviceState("printer", "printer", Health.OK)
EMPTY = DeviceState("printer", "printer", Health.FAILED, ("media-empty",))


def _report(
    seq: int,
    *devices: DeviceState,
    epoch: str = EPOCH,
    is_full: bool = False,
    at: datetime = NOW,
    clock_trusted: bool = True,
    removed: tuple[str, ...] = (),
) -> Heard:
    message = Report(
        epoch=epoch,
        seq=seq,
        at=at,
        clock_trusted=clock_trusted,
        boot_id="boot",
        is_full=is_full,
        devices=devices,
        removed=removed,
        verdict=Verdict(Readiness.READY),
    )
    return Heard(KIOSK, Channel.REPORT, message, encode(message))


def _presence(session: str, *, is_online: bool, reason: str = "") -> Heard:
    message = Presence(session * 16, is_online, NOW, "boot", "0.1.0", reason)
    return Heard(KIOSK, Channel.PRESENCE, message, encode(message))


def _folded(
    *heard: Heard, broken: tuple[Unreadable, ...] = (), fleet: Fleet | None = None
) -> Fleet:
    fleet = fleet or Fleet({KIOSK})
    fleet.fold(heard, broken, NOW)
    return fleet


def test_a_device_that_fails_and_mends_in_one_batch_leaves_both_changes() -> None:
    fleet = _folded(_report(1, OK), _report(2, EMPTY), _report(3, OK))
    steps = [(change.before, change.after) for change in fleet.changes]
    assert steps == [("", "ok"), ("ok", "failed"), ("failed", "ok")]
    assert fleet.devices[KIOSK]["printer"].health == "ok"


def test_the_same_message_twice_changes_nothing() -> None:
    fleet = _folded(_report(1, EMPTY), _report(1, EMPTY))
    assert (len(fleet.changes), len(fleet.stored), fleet.duplicates) == (1, 1, 1)


def test_a_late_message_does_not_turn_a_device_back() -> None:
    fleet = _folded(_report(2, OK), _report(1, EMPTY))
    assert fleet.devices[KIOSK]["printer"].health == "ok"
    assert len(fleet.stored) == 2


def test_another_outbox_of_the_kiosk_speaks_when_it_comes() -> None:
    fleet = _folded(_report(9, EMPTY), _report(1, OK, epoch=OTHER))
    assert fleet.devices[KIOSK]["printer"].health == "ok"


def test_metrics_alone_are_no_change_of_state() -> None:
    warmer = DeviceState("printer", "printer", Health.OK, (), {"toner_percent": 41.0})
    fleet = _folded(_report(1, OK), _report(2, warmer))
    assert len(fleet.changes) == 1
    measured = fleet.devices[KIOSK]["printer"].measured
    assert measured is not None
    assert measured.metrics == {"toner_percent": 41.0}


def test_an_unchanged_device_keeps_the_time_it_is_so_since() -> None:
    fleet = Fleet({KIOSK}, devices={KIOSK: {"printer": Known("printer", "ok", (), EPOCH, 1)}})
    fleet.fold([_report(2, OK)], [], NOW)
    assert fleet.devices[KIOSK]["printer"].since is None


def test_a_device_left_out_of_a_full_report_is_no_more() -> None:
    camera = DeviceState("camera", "camera", Health.OK)
    fleet = _folded(_report(1, OK, camera, is_full=True), _report(2, OK, is_full=True))
    assert fleet.removed == [(KIOSK, "camera")]
    assert set(fleet.devices[KIOSK]) == {"printer"}


def test_a_device_said_to_be_removed_is_no_more() -> None:
    fleet = _folded(_report(1, OK), _report(2, removed=("printer",)))
    assert fleet.removed == [(KIOSK, "printer")]


def test_an_untrusted_clock_dates_nothing() -> None:
    years_off = datetime(1970, 1, 1, tzinfo=UTC)
    fleet = _folded(_report(1, OK, at=years_off, clock_trusted=False))
    assert fleet.devices[KIOSK]["printer"].since == NOW


def test_a_clock_ahead_of_ours_dates_nothing() -> None:
    fleet = _folded(_report(1, OK, at=NOW + timedelta(days=400)))
    assert fleet.devices[KIOSK]["printer"].since == NOW


def test_history_is_dated_by_the_kiosk() -> None:
    then = NOW - timedelta(hours=72)
    fleet = _folded(_report(1, OK, at=then))
    assert fleet.devices[KIOSK]["printer"].since == then


def test_a_late_will_does_not_override_a_newer_birth() -> None:
    fleet = _folded(
        _presence("a", is_online=True),
        _presence("b", is_online=True),
        _presence("a", is_online=False),
    )
    assert fleet.live[KIOSK].is_online
    assert len(fleet.changes) == 1


def test_the_will_of_the_session_in_hand_takes_the_kiosk_offline() -> None:
    fleet = _folded(_presence("a", is_online=True), _presence("a", is_online=False))
    assert not fleet.live[KIOSK].is_online
    assert [change.after for change in fleet.changes] == ["online", "offline"]


@pytest.mark.parametrize(
    ("reason", "kept"), [("rebooting", ("rebooting",)), ("", ()), ("No Keyword!", ())]
)
def test_why_a_kiosk_left_stays_in_its_history(reason: str, kept: tuple[str, ...]) -> None:
    fleet = _folded(
        _presence("a", is_online=True, reason="connected"),
        _presence("a", is_online=False, reason=reason),
    )
    assert [change.reasons for change in fleet.changes] == [(), kept]


def test_a_stranger_is_set_aside_and_acknowledged_nothing() -> None:
    fleet = _folded(_report(1, OK), fleet=Fleet(set()))
    assert "not in the fleet" in fleet.rejected[0].error
    assert fleet.progress == {}


def test_an_unreadable_message_with_a_place_does_not_hold_up_its_stream() -> None:
    broken = Unreadable("t", b"{", "malformed", KIOSK, Place(EPOCH, 2))
    fleet = _folded(_report(1, OK), broken=(broken,))
    fleet = _folded(_report(3, OK), fleet=fleet)
    assert fleet.progress[KIOSK, EPOCH].watermark == 3
    assert fleet.rejected == [broken]


def test_an_unreadable_message_repeated_is_kept_once() -> None:
    broken = Unreadable("t", b"{", "malformed", KIOSK, Place(EPOCH, 1))
    fleet = _folded(broken=(broken, broken))
    assert (len(fleet.rejected), fleet.duplicates) == (1, 1)
