"""What a hook's exit status and output mean."""

import pytest

from agent.firmware import protocol
from agent.firmware.errors import HookError
from agent.firmware.protocol import Answer, Progress


def test_a_result_with_status_0_is_good() -> None:
    out = b'{"progress": 40, "step": "writing"}\n{"result": {"version": "6.2"}}\n'
    assert protocol.answer(0, out) == Answer(True, {"version": "6.2"})


def test_status_75_may_pass_and_another_does_not() -> None:
    out = b'{"result": {"error": "the port is in use"}}'
    assert protocol.answer(75, out).is_later
    assert not protocol.answer(69, out).is_later
    assert protocol.answer(69, out).reason == "the port is in use"


@pytest.mark.parametrize(
    "out",
    [
        b"",
        b"\n",
        b"\xff\xfe",
        b"Traceback (most recent call last):\n",
        b'{"progress": 3}\n',
        b'{"result": [1]}\n',
        b'{"result": {}}\nand more\n',
        b'{"progress": 400}\n{"result": {}}\n',
        b'{"progress": 1}\n' * 80_000,
    ],
)
def test_what_is_no_answer_is_bad_whatever_its_status(out: bytes) -> None:
    assert not protocol.answer(0, out).is_good
    assert protocol.answer(0, out).reason


def test_a_signal_is_named() -> None:
    assert protocol.answer(-9, b'{"result": {}}').reason == "ended by signal 9"


def test_the_last_complaint_is_told() -> None:
    said = [b"Traceback", b"KeyError: 'Version'"]
    assert "KeyError: 'Version'" in protocol.answer(1, b"", said).reason


def test_progress_is_told_by_whole_lines_of_its_kind_only() -> None:
    assert protocol.progress(b'{"progress": 40, "step": "writing"}') == Progress(40, "writing")
    assert protocol.progress(b'{"result": {}}') is None
    assert protocol.progress(b"nothing") is None


@pytest.mark.parametrize("devices", [None, 7, ["x"], [{"id": "a"}], [{"id": 1, "name": "n"}]])
def test_an_inventory_of_another_shape_is_refused(devices: object) -> None:
    with pytest.raises(HookError, match="hook one: its inventory is none"):
        protocol.devices(Answer(True, {"devices": devices}), "one")


def test_devices_are_told_by_whom_they_were_found() -> None:
    found = {"id": "a", "name": "n", "version": "1", "hook": "another"}
    (device,) = protocol.devices(Answer(True, {"devices": [found]}), "one")
    assert device.hook == "one"
