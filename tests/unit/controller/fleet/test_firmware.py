"""The firmware of a kiosk as its page shows it, read from the wire as the agent writes it."""

import json
from pathlib import Path

import msgspec

from contract.messages import decode
from contract.topics import Channel
from controller.fleet.firmware import firmware

_WIRE = Path(__file__).parents[3] / "fixtures" / "wire"


def test_what_the_agent_says_is_what_the_page_gets() -> None:
    heard = decode(Channel.INVENTORY, (_WIRE / "inventory.json").read_bytes())
    (webcam,) = firmware(json.loads(msgspec.json.encode(heard)))
    assert (webcam.name, webcam.version, webcam.hook) == ("Integrated Webcam", "1.2.3", "fwupd")
    assert webcam.identity == "b585990a-003e-5270-89d5-3705a17f9a43"
    assert (webcam.has_newer, webcam.offered, webcam.remote) == (True, "1.2.4", "lvfs")


def test_a_kiosk_that_lists_none_has_none() -> None:
    assert firmware({}) == ()
    assert firmware({"firmware": []}) == ()


def test_devices_are_in_the_order_of_their_names() -> None:
    rows = [
        {"device": name, "name": name, "version": "1", "hook": "escpos"} for name in ("b", "A", "c")
    ]
    assert [one.name for one in firmware({"firmware": rows})] == ["A", "b", "c"]


def test_a_version_that_is_there_already_is_no_news() -> None:
    row = {"device": "d", "name": "d", "version": "1", "hook": "fwupd", "release": "1"}
    (found,) = firmware({"firmware": [row]})
    assert not found.has_newer
