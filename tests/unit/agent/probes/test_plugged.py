"""Which camera answers for which declaration."""

from agent.config import Match, Peripheral
from agent.probes import plugged
from agent.probes.plugged import Plugged
from contract.health import DeviceState, Health

LOGITECH = "046d:0825"
DESK = Plugged("/dev/video0", LOGITECH, "A1", "1-1", "C270")
ROOM = Plugged("/dev/video2", LOGITECH, "B2", "1-2", "C270")
RIBBON = Plugged("/dev/video9", product="unicam", links=("/dev/v4l/by-path/platform-csi",))


def declared(
    name: str = "desk",
    usb_id: str | None = None,
    serial: str | None = None,
    port: str | None = None,
    path: str | None = None,
) -> Peripheral:
    return Peripheral(name, "camera", True, Match(usb_id, serial, port, path))


def health(*states: DeviceState) -> dict[str, tuple[Health, tuple[str, ...]]]:
    return {state.id: (state.health, state.reasons) for state in states}


def test_the_declared_camera_is_ok_and_the_other_is_found_beside_it() -> None:
    states = plugged.judge("camera", [declared(serial="A1")], [ROOM, DESK])
    assert health(*states) == {
        "desk": (Health.OK, ()),
        "camera:046d:0825:b2": (Health.OK, ()),
    }
    assert states[1].facts["declared"] is False


def test_a_declared_camera_that_is_not_found_is_missing() -> None:
    states = plugged.judge("camera", [declared(serial="A1")], [])
    assert health(*states) == {"desk": (Health.MISSING, ("not-connected",))}


def test_nothing_declared_and_nothing_found_is_no_device() -> None:
    assert plugged.judge("camera", [], []) == ()


def test_another_serial_at_the_declared_port_is_swapped() -> None:
    states = plugged.judge("camera", [declared(serial="OLD", port="1-1")], [DESK])
    assert health(*states) == {"desk": (Health.DEGRADED, ("swapped",))}


def test_another_of_the_same_model_is_swapped_where_no_port_is_declared() -> None:
    states = plugged.judge("camera", [declared(usb_id=LOGITECH, serial="OLD")], [DESK])
    assert health(*states) == {"desk": (Health.DEGRADED, ("swapped",))}


def test_another_model_elsewhere_does_not_stand_in_for_a_missing_camera() -> None:
    states = plugged.judge("camera", [declared(usb_id="1234:5678", port="2-1")], [DESK])
    assert states[0].health is Health.MISSING


def test_the_same_camera_at_another_port_is_moved() -> None:
    states = plugged.judge("camera", [declared(serial="A1", port="3-4")], [DESK])
    assert health(*states) == {"desk": (Health.DEGRADED, ("moved",))}


def test_two_cameras_plugged_crosswise_are_moved_not_swapped() -> None:
    pair = [
        declared("desk", serial="A1", port="1-2"),
        declared("room", serial="B2", port="1-1"),
    ]
    assert health(*plugged.judge("camera", pair, [DESK, ROOM])) == {
        "desk": (Health.DEGRADED, ("moved",)),
        "room": (Health.DEGRADED, ("moved",)),
    }


def test_one_camera_never_answers_for_two_declarations() -> None:
    pair = [declared("desk", usb_id=LOGITECH), declared("room", usb_id=LOGITECH)]
    assert health(*plugged.judge("camera", pair, [DESK])) == {
        "desk": (Health.OK, ()),
        "room": (Health.MISSING, ("not-connected",)),
    }


def test_an_exact_match_is_kept_from_a_vaguer_declaration_before_it() -> None:
    pair = [declared("any", serial="GONE", port="1-1"), declared("desk", serial="A1")]
    assert health(*plugged.judge("camera", pair, [DESK]))["desk"] == (Health.OK, ())


def test_case_of_serial_numbers_and_ids_does_not_matter() -> None:
    states = plugged.judge("camera", [declared(usb_id="046D:0825", serial="a1")], [DESK])
    assert states[0].health is Health.OK


def test_a_camera_on_a_ribbon_cable_is_matched_by_any_of_its_names() -> None:
    states = plugged.judge("camera", [declared(path="/dev/v4l/by-path/platform-csi")], [RIBBON])
    assert states[0].health is Health.OK


def test_twins_with_one_serial_number_keep_ids_of_their_own() -> None:
    twin = Plugged("/dev/video4", LOGITECH, "A1", "1-4")
    states = plugged.judge("camera", [], [DESK, twin])
    assert [state.id for state in states] == ["camera:046d:0825:1-1", "camera:046d:0825:1-4"]


def test_a_hostile_serial_number_makes_a_valid_id() -> None:
    odd = Plugged("/dev/video0", LOGITECH, "É/../" + "x" * 200, "1-1")
    assert plugged.judge("camera", [], [odd])[0].id == ("camera:046d:0825:-..-" + "x" * 200)[:64]
