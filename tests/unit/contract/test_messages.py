"""The door: what breaks the contract is refused with a word, what is new is ignored."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contract import messages, topics
from contract.commands import parse_args
from contract.errors import CommandError, MessageError, TopicError
from contract.topics import Channel

_REPORT = {
    "epoch": "00000000000000ab",
    "seq": 1,
    "at": "2026-11-24T10:00:00Z",
    "clock_trusted": True,
    "boot_id": "b",
    "is_full": True,
    "devices": [{"id": "camera", "kind": "camera", "health": "ok"}],
    "verdict": {"state": "ready"},
}


def _report(**changes: object) -> bytes:
    return json.dumps(_REPORT | changes).encode()


def test_a_name_in_no_encoding_is_told_as_far_as_it_is_text() -> None:
    message = messages.decode(Channel.REPORT, _report())
    assert isinstance(message, messages.Report)
    named = replace(message.devices[0], facts={"mounted_at": "/media/caf\udce9 1"})
    told = messages.decode(
        Channel.REPORT, messages.encode(replace(message, devices=(named,), boot_id="b\udcff"))
    )
    assert isinstance(told, messages.Report)
    assert told.devices[0].facts == {"mounted_at": "/media/caf? 1"}
    assert replace(told, devices=message.devices, boot_id="b") == message


def test_fields_of_a_later_release_are_ignored() -> None:
    message = messages.decode(Channel.REPORT, _report(mood="sunny"))
    assert not hasattr(message, "mood")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seq": 0}, "seq"),
        ({"seq": "1"}, "seq"),
        ({"seq": 2**60}, "seq"),
        ({"epoch": "short"}, "epoch"),
        ({"at": "2026-11-24T10:00:00"}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"devices": [{"id": "camera", "kind": "camera", "health": "fine"}]}, "health"),
        ({"devices": [{"id": "../x", "kind": "camera", "health": "ok"}]}, "id"),
        (
            {"devices": [{"id": "c", "kind": "c", "health": "ok", "reasons": ["Bad One"]}]},
            "reasons",
        ),
        (
            {"devices": [{"id": "c", "kind": "c", "health": "ok", "metrics": {"x": 1e300}}]},
            "metrics",
        ),
        ({"verdict": None}, "verdict"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(
    changes: dict[str, object], named: str
) -> None:
    with pytest.raises(MessageError, match=named):
        messages.decode(Channel.REPORT, _report(**changes))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"seq": NaN}', b"[" * 50_000, b" " * 70_000],
)
def test_what_is_no_message_is_refused(payload: bytes) -> None:
    with pytest.raises(MessageError):
        messages.decode(Channel.REPORT, payload)


@given(st.sampled_from(sorted(Channel)), st.binary(max_size=200))
def test_no_bytes_do_anything_but_decode_or_be_refused(channel: Channel, payload: bytes) -> None:
    with contextlib.suppress(MessageError):
        assert isinstance(messages.decode(channel, payload), messages.TYPES[channel])


@given(st.from_regex(topics.KIOSK_PATTERN, fullmatch=True), st.sampled_from(sorted(Channel)))
def test_topics_are_built_and_parsed_alike(kiosk: str, channel: Channel) -> None:
    if not topics.is_kiosk_id(kiosk):
        with pytest.raises(TopicError):
            topics.build(kiosk, channel)
        return
    assert topics.parse(topics.build(kiosk, channel)) == topics.Topic(kiosk, channel)


@given(st.text(max_size=100))
def test_any_other_topic_is_refused(topic: str) -> None:
    with pytest.raises(TopicError):
        topics.parse(topic)


def test_a_command_not_in_the_catalogue_is_refused_with_what_there_is() -> None:
    with pytest.raises(CommandError, match="reboot"):
        parse_args("format-disk", {})


@pytest.mark.parametrize("args", [{"delay_s": -1}, {"delay_s": "5"}, {"force": True}])
def test_wrong_arguments_are_refused(args: dict[str, object]) -> None:
    with pytest.raises(CommandError, match="reboot"):
        parse_args("reboot", args)
