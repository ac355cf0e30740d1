"""Microphone, loudspeakers and handset on a make-believe sound card, asked as the kernel is."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import Broker, Config, Match, Peripheral
from agent.errors import ConfigError
from agent.probes import default_card, handset
from agent.probes.alsa import Card, Direction
from agent.probes.handset import Settings
from agent.probes.plugged import Plugged
from contract.health import DeviceState, Health
from tests.faults import Detection, fault
from tests.unit.agent.probes.testbed import Bed, Child, Glance

if not list(Path("/usr/lib").glob("*/libumockdev-preload.so.0")):
    pytest.skip("umockdev is not installed", allow_module_level=True)

SWITCH, VOLUME = 1, 2
HERE = Match(usb_id="0d8c:0014")
Begin = Callable[..., Glance]


def controls(**other: list[int]) -> list[Any]:
    """A USB card's controls, all on and half turned up, `mic`, `mic_volume`, ... excepted."""
    values = {
        "speaker": [1, 1],
        "speaker_volume": [50, 50],
        "mic": [1],
        "mic_volume": [20],
        **other,
    }
    return [
        ["Speaker Playback Switch", SWITCH, values["speaker"], 0, 1],
        ["Speaker Playback Volume", VOLUME, values["speaker_volume"], 0, 100],
        ["Mic Playback Switch", SWITCH, [0], 0, 1],  # the card's own echo: rightly off
        ["Mic Capture Switch", SWITCH, values["mic"], 0, 1],
        ["Mic Capture Volume", VOLUME, values["mic_volume"], 0, 40],
    ]


class SoundBed(Bed):
    """With one card, whose controls can be turned."""

    def __init__(self) -> None:
        Child.__init__(self, "sound_bed.py")
        self.root = self.hear()
        self.paths = self.plug_recorded("headset")
        self.turn()

    def turn(self, **other: list[int]) -> None:
        """Set its controls."""
        self._order(controls=controls(**other))  # type: ignore[arg-type]


@pytest.fixture
def bed() -> Iterator[SoundBed]:
    made = SoundBed()
    yield made
    made.close()


@pytest.fixture
def begin(bed: SoundBed, tmp_path: Path) -> Iterator[Begin]:
    """Begins to look at the bed."""
    begun: list[Glance] = []

    def start(kind: str, match: Match = HERE, **told: Any) -> Glance:
        begun.append(Glance(bed, kind, [Peripheral("one", kind, True, match, told)], tmp_path))
        return begun[-1]

    yield start
    for glance in begun:
        glance.close()


def turned(bed: SoundBed, glance: Glance, detection: Detection, **other: list[int]) -> DeviceState:
    """All is well; then somebody turns a control."""
    assert glance.look()["one"].health is Health.OK
    detection.begins()
    bed.turn(**other)
    state = glance.look()["one"]
    detection.ends(state)
    bed.turn()
    assert glance.look()["one"].health is Health.OK
    return state


def pulled(bed: SoundBed, glance: Glance, detection: Detection) -> None:
    """All is well; then the plug is pulled."""
    assert glance.look()["one"].health is Health.OK
    detection.begins()
    bed.pull(bed.paths)
    detection.ends(glance.look()["one"])


def test_a_microphone_that_hears_is_ok_with_its_volume(begin: Begin) -> None:
    state = begin("microphone").look()["one"]
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics == {"volume_percent": 50.0}
    assert state.facts["product"] == "USB Telephone Handset"


@fault("microphone", "unplugged", "umockdev takes its card away", "missing", "not-connected")
def test_a_microphone_that_is_pulled_is_missing(
    bed: SoundBed, begin: Begin, detection: Detection
) -> None:
    pulled(bed, begin("microphone"), detection)


@fault("microphone", "muted", "its capture switch is off", "failed", "muted")
def test_a_muted_microphone_has_failed(bed: SoundBed, begin: Begin, detection: Detection) -> None:
    turned(bed, begin("microphone"), detection, mic=[0])


@fault("microphone", "volume at zero", "its capture volume is 0", "failed", "volume-zero")
def test_a_microphone_turned_down_has_failed(
    bed: SoundBed, begin: Begin, detection: Detection
) -> None:
    turned(bed, begin("microphone"), detection, mic_volume=[0])


@fault(
    "microphone", "too quiet", "its capture volume is below what is told", "degraded", "volume-low"
)
def test_a_microphone_turned_low_is_degraded(
    bed: SoundBed, begin: Begin, detection: Detection
) -> None:
    turned(bed, begin("microphone", least_percent=30), detection, mic_volume=[8])


@fault("speakers", "unplugged", "umockdev takes their card away", "missing", "not-connected")
def test_loudspeakers_that_are_pulled_are_missing(
    bed: SoundBed, begin: Begin, detection: Detection
) -> None:
    pulled(bed, begin("speakers"), detection)


@fault("speakers", "muted", "both channels' switches are off", "failed", "muted")
def test_muted_loudspeakers_have_failed(bed: SoundBed, begin: Begin, detection: Detection) -> None:
    turned(bed, begin("speakers"), detection, speaker=[0, 0])


@fault("speakers", "volume at zero", "the playback volume is 0", "failed", "volume-zero")
def test_loudspeakers_turned_down_have_failed(
    bed: SoundBed, begin: Begin, detection: Detection
) -> None:
    turned(bed, begin("speakers"), detection, speaker_volume=[0, 0])


def test_one_channel_that_sounds_is_enough(bed: SoundBed, begin: Begin) -> None:
    bed.turn(speaker=[0, 1])
    assert begin("speakers").look()["one"].health is Health.OK


@fault("handset", "unplugged", "umockdev takes its card away", "missing", "not-connected")
def test_a_handset_that_is_pulled_is_missing(
    bed: SoundBed, begin: Begin, detection: Detection
) -> None:
    pulled(bed, begin("handset"), detection)


@fault("handset", "another one in its place", "its serial number differs", "degraded", "swapped")
def test_another_handset_is_said_to_be_swapped(begin: Begin, detection: Detection) -> None:
    detection.begins()
    match = Match(usb_id="0d8c:0014", serial="OLD", port="1-5")
    detection.ends(begin("handset", match).look()["one"])


def test_in_a_session_a_controls_change_is_not_looked_at(bed: SoundBed, begin: Begin) -> None:
    glance = begin("microphone")
    glance.look()
    bed.turn(mic=[0])
    assert glance.look("session")["one"].health is Health.OK
    assert glance.look()["one"].reasons == ("muted",)


@fault("speakers", "another card is the default", "asound.conf names it", "failed", "not-default")
def test_another_default_card_is_said(detection: Detection) -> None:
    card = Card(1, "Handset", Plugged("/dev/snd/controlC1"), frozenset(Direction))
    detection.begins()
    found = default_card.judge(card, default_card.parse("defaults.pcm.card PCH"))
    detection.ends(DeviceState("one", "speakers", found.health, found.reasons))
    assert default_card.judge(card, default_card.parse("defaults.pcm.card 1")).health is Health.OK


@fault(
    "handset",
    "lifted while the loudspeakers sound",
    "the hook says lifted, the loudspeakers are on",
    "failed",
    "not-confidential",
)
def test_a_lifted_handset_beside_sounding_loudspeakers_is_said(detection: Detection) -> None:
    detection.begins()
    found = handset.judge(is_lifted=True, is_loud=True)
    detection.ends(DeviceState("one", "handset", found.health, found.reasons))
    assert handset.judge(is_lifted=True, is_loud=False).health is Health.OK


def test_a_hook_that_cannot_be_read_is_not_measured(tmp_path: Path) -> None:
    broker = Broker("localhost", Path("ca"), Path("crt"), Path("key"))
    told = Settings(hook=str(tmp_path / "none"), hook_switch=2)
    found = handset.look(Config("pvp-1", broker), None, told)
    assert (found.health, found.reasons) == (Health.UNKNOWN, ("not-measured",))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"hook": "/dev/input/event3"}, "hook needs one of hook_switch, hook_key"),
        ({"loudspeakers": "desk"}, "loudspeakers is 'desk', must be the id of a declared"),
    ],
)
def test_a_handset_told_wrongly_is_refused(told: dict[str, Any], said: str) -> None:
    broker = Broker("localhost", Path("ca"), Path("crt"), Path("key"))
    item = Peripheral("one", "handset", settings=told)
    with pytest.raises(ConfigError, match="settings of peripheral 'one'") as caught:
        handset.probe(Config("pvp-1", broker, peripherals=(item,)))
    assert said in str(caught.value)
