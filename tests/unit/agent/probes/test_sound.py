"""Microphone, loudspeakers and handset: the real probes on make-believe cards."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from contract.health import DeviceState, Health
from tests.faults import Detection, fault
from tests.unit.agent.probes.testbed import USB, Child

pytestmark = pytest.mark.skipif(
    shutil.which("umockdev-run") is None, reason="umockdev is not installed"
)

SWITCH, VOLUME = 1, 2
LIFTED = 5  # SW_DOCK, as a cradle's box may call it


def card(number: int, port: str, usb_id: str, streams: str) -> str:
    """A USB sound card; `streams` are c, p or both."""
    vendor, product = usb_id.split(":")
    path = f"{USB}/{port}/{port}:1.0/sound/card{number}"
    nodes = [f"controlC{number}", *(f"pcmC{number}D0{each}" for each in streams)]
    children = "\n".join(
        f"P: {path}/{node}\nN: snd/{node}\nE: DEVNAME=/dev/snd/{node}\nE: SUBSYSTEM=sound\n"
        for node in nodes
    )
    return f"""P: {USB}/{port}
E: SUBSYSTEM=usb
E: DEVTYPE=usb_device
A: idVendor={vendor}
A: idProduct={product}
A: product=Sound {number}

P: {path}
E: SUBSYSTEM=sound
A: id=Card{number}
A: number={number}

{children}
"""


CRADLE = f"""P: {USB}/1-3/1-3:1.3/input/input7
E: SUBSYSTEM=input
A: name=Cradle

P: {USB}/1-3/1-3:1.3/input/input7/event7
N: input/event7
E: DEVNAME=/dev/input/event7
E: SUBSYSTEM=input
"""

DECLARED: list[dict[str, Any]] = [
    {"id": "mic", "kind": "microphone", "match": {"port": "1-1"}},
    {"id": "loud", "kind": "speakers", "match": {"port": "1-2"}},
    {
        "id": "phone",
        "kind": "handset",
        "match": {"usb_id": "0b0e:0002"},
        "settings": {"hook_switch": LIFTED, "mutes_speakers": True},
    },
]


class Kiosk:
    """A kiosk with a microphone, loudspeakers and a handset, all fine."""

    def __init__(self) -> None:
        self._bed = Child("soundbed.py")
        self._root = self._bed.hear()
        self._order(add=card(1, "1-1", "0d8c:0001", "c"))
        self._order(add=card(2, "1-2", "0d8c:0002", "p"))
        self._order(add=card(3, "1-3", "0b0e:0002", "cp") + CRADLE)
        self.microphone()
        self.speakers()
        self.cradle()
        self._watch = Child("soundwatch.py", json.dumps(DECLARED), UMOCKDEV_DIR=self._root)

    def microphone(self, switch: int = 1, volume: int = 20) -> None:
        """Give its card these controls."""
        switches = ["Mic Capture Switch", SWITCH, [switch], 0, 1]
        volumes = ["Mic Capture Volume", VOLUME, [volume], 0, 40]
        self._order(controls="/dev/snd/controlC1", are=[switches, volumes])

    def speakers(self, switch: int = 1, volume: int = 30) -> None:
        """Give theirs these; its own microphone's return is off, as it should be."""
        back = ["Mic Playback Switch", SWITCH, [0], 0, 1]
        switches = ["Speaker Playback Switch", SWITCH, [switch, switch], 0, 1]
        volumes = ["Speaker Playback Volume", VOLUME, [volume, volume], 0, 40]
        self._order(controls="/dev/snd/controlC2", are=[back, switches, volumes])

    def cradle(self, *on: int) -> None:
        """Which switches of the handset are on."""
        self._order(switches="/dev/input/event7", on=on)

    def pull(self, port: str) -> None:
        """Unplug a card."""
        number = port[-1]
        path = f"/sys{USB}/{port}"
        here = f"{path}/{port}:1.0/sound/card{number}"
        streams = {"1": "c", "2": "p", "3": "cp"}[number]
        nodes = [f"{here}/controlC{number}", *(f"{here}/pcmC{number}D0{each}" for each in streams)]
        inputs = f"{path}/{port}:1.3/input/input7"
        cradle = [f"{inputs}/event7", inputs] if number == "3" else []
        self._order(remove=[*nodes, here, *cradle, path])

    def look(self, in_session: bool = False) -> dict[str, DeviceState]:
        """Run the probes."""
        self._watch.say(json.dumps({"in_session": in_session}))
        states = msgspec.json.decode(self._watch.hear(), type=list[DeviceState])
        return {state.id: state for state in states}

    def close(self) -> None:
        self._watch.close()
        self._bed.close()

    def _order(self, **order: Any) -> None:
        self._bed.say(json.dumps(order))
        assert self._bed.hear() == "done"


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    one = Kiosk()
    yield one
    one.close()


def test_what_is_fine_is_said_to_be(kiosk: Kiosk) -> None:
    states = kiosk.look()
    assert {name: (state.health, state.reasons) for name, state in states.items()} == {
        "mic": (Health.OK, ()),
        "loud": (Health.OK, ()),
        "phone": (Health.OK, ()),
    }
    assert states["mic"].metrics == {"volume_percent": 50.0}
    assert states["loud"].facts["muted"] is False
    assert states["phone"].facts["off_hook"] is False


@fault("microphone", "unplugged", "umockdev: its card is removed", "missing", "not-connected")
def test_an_unplugged_microphone_is_missing(kiosk: Kiosk, detection: Detection) -> None:
    assert kiosk.look()["mic"].health is Health.OK
    detection.begins()
    kiosk.pull("1-1")
    detection.ends(kiosk.look()["mic"])


@fault("microphone", "muted", "umockdev: its capture switch is off", "failed", "muted")
def test_a_muted_microphone_has_failed(kiosk: Kiosk, detection: Detection) -> None:
    assert kiosk.look()["mic"].health is Health.OK
    detection.begins()
    kiosk.microphone(switch=0)
    detection.ends(kiosk.look()["mic"])


@fault("microphone", "volume at zero", "umockdev: its capture volume", "failed", "volume-zero")
def test_a_microphone_turned_down_has_failed(kiosk: Kiosk, detection: Detection) -> None:
    assert kiosk.look()["mic"].health is Health.OK
    detection.begins()
    kiosk.microphone(volume=0)
    detection.ends(kiosk.look()["mic"])


@fault("speakers", "unplugged", "umockdev: their card is removed", "missing", "not-connected")
def test_unplugged_speakers_are_missing(kiosk: Kiosk, detection: Detection) -> None:
    assert kiosk.look()["loud"].health is Health.OK
    detection.begins()
    kiosk.pull("1-2")
    detection.ends(kiosk.look()["loud"])


@fault("speakers", "muted", "umockdev: their playback switch is off", "failed", "muted")
def test_muted_speakers_have_failed(kiosk: Kiosk, detection: Detection) -> None:
    assert kiosk.look()["loud"].health is Health.OK
    detection.begins()
    kiosk.speakers(switch=0)
    detection.ends(kiosk.look()["loud"])


@fault("speakers", "volume at zero", "umockdev: their playback volume", "failed", "volume-zero")
def test_speakers_turned_down_have_failed(kiosk: Kiosk, detection: Detection) -> None:
    assert kiosk.look()["loud"].health is Health.OK
    detection.begins()
    kiosk.speakers(volume=0)
    detection.ends(kiosk.look()["loud"])


@fault("handset", "unplugged", "umockdev: its card is removed", "missing", "not-connected")
def test_an_unplugged_handset_is_missing(kiosk: Kiosk, detection: Detection) -> None:
    assert kiosk.look()["phone"].health is Health.OK
    detection.begins()
    kiosk.pull("1-3")
    detection.ends(kiosk.look()["phone"])


@fault(
    "handset",
    "lifted while the speakers sound",
    "umockdev: the cradle's switch",
    "failed",
    "not-confidential",
)
def test_a_lifted_handset_beside_loud_speakers_is_said_in_a_session_too(
    kiosk: Kiosk, detection: Detection
) -> None:
    assert kiosk.look(in_session=True)["phone"].health is Health.OK
    detection.begins()
    kiosk.cradle(LIFTED)
    detection.ends(kiosk.look(in_session=True)["phone"])


def test_a_lifted_handset_beside_muted_speakers_is_confidential(kiosk: Kiosk) -> None:
    kiosk.speakers(switch=0)
    kiosk.cradle(LIFTED)
    state = kiosk.look()["phone"]
    assert (state.health, state.facts["off_hook"]) == (Health.OK, True)


def test_in_a_session_what_was_known_is_kept(kiosk: Kiosk) -> None:
    kiosk.look()
    kiosk.microphone(switch=0)
    assert kiosk.look(in_session=True)["mic"].reasons == ()
    assert kiosk.look()["mic"].reasons == ("muted",)


def test_in_a_session_an_unplugged_microphone_is_still_said(kiosk: Kiosk) -> None:
    kiosk.look()
    kiosk.pull("1-1")
    assert kiosk.look(in_session=True)["mic"].health is Health.MISSING
