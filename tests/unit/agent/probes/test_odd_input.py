"""Whatever the network, a disk or a device says, a probe neither falls over nor says nonsense."""

import socket

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agent.probes import echo, interfaces, mounts, plugged, storage, wear
from agent.probes.plugged import Plugged
from contract.health import DeviceState

TOKEN = b"8 bytes!"


def is_said_well(*states: DeviceState) -> bool:
    """Whether the controller would take it."""
    wire = msgspec.json.encode(states)
    return msgspec.json.decode(wire, type=tuple[DeviceState, ...]) == states


@given(st.binary(max_size=80))
def test_no_packet_without_our_token_is_an_answer(packet: bytes) -> None:
    for family in (socket.AF_INET, socket.AF_INET6):
        assert echo.parse_reply(family, packet, TOKEN) is None or TOKEN in packet


@given(st.integers(0, 65535), st.sampled_from([socket.AF_INET, socket.AF_INET6]))
def test_the_reply_to_a_request_gives_its_number_back(number: int, family: int) -> None:
    reply = bytes([{socket.AF_INET: 0, socket.AF_INET6: 129}[socket.AddressFamily(family)]])
    assert echo.parse_reply(family, reply + echo.request(family, number, TOKEN)[1:], TOKEN) == (
        number
    )


@given(st.text(max_size=200))
def test_any_mountinfo_is_read(raw: str) -> None:
    assert all(mount.device for mount in mounts.parse_mountinfo(raw) if mount.point == "/")
    assert isinstance(mounts.parse_fstab(raw), frozenset)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_wear_a_card_tells_keeps_the_contract(life_time: str, pre_eol_info: str) -> None:
    worn = wear.parse_mmc("mmcblk0", life_time, pre_eol_info)
    found = (worn,) if worn is not None else ()
    assert is_said_well(storage.judge((), found, storage.find((), found, frozenset())))


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_wear_smartctl_tells_keeps_the_contract(value: object) -> None:
    raw = msgspec.json.encode(
        {"smart_status": {"passed": True}, "endurance_used": {"current_percent": value}}
    )
    worn = wear.parse_smart("sda", raw)
    assert worn is not None
    assert is_said_well(storage.judge((), (worn,), frozenset()))


@given(st.binary(max_size=120))
def test_any_answer_about_addresses_is_read(raw: bytes) -> None:
    assert all(index >= 0 for index in interfaces.parse_addresses(raw))


@given(st.builds(Plugged, st.text(), st.text(), st.text(), st.text(), st.text()))
def test_any_camera_makes_a_device_that_keeps_the_contract(odd: Plugged) -> None:
    assert is_said_well(*plugged.judge("camera", [], [odd]))
