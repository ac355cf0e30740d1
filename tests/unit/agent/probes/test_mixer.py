"""What a card's controls mean, which card is the default, and what a recording has of a tone."""

import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from agent.children import looptest
from agent.probes import default_card
from agent.probes.alsa import Card, Direction
from agent.probes.controls import Control, Type
from agent.probes.default_card import Default
from agent.probes.mixer import Level, level
from agent.probes.plugged import Plugged
from contract.health import Health

PCH = Card(0, "PCH", Plugged("/dev/snd/controlC0"), frozenset(Direction))


def switch(name: str, *values: int) -> Control:
    return Control(name, Type.BOOLEAN, values)


def volume(name: str, *values: int) -> Control:
    return Control(name, Type.INTEGER, values, 0, 100)


def test_headphones_that_are_off_mute_no_speakers() -> None:
    ways = [
        switch("Master Playback Switch", 1),
        switch("Speaker Playback Switch", 1, 1),
        switch("Headphone Playback Switch", 0, 0),
        volume("Master Playback Volume", 70),
        volume("Speaker Playback Volume", 90, 90),
        volume("Headphone Playback Volume", 0, 0),
    ]
    assert level(ways, Direction.PLAYBACK) == Level(False, 70.0)
    assert level(ways, Direction.PLAYBACK, "Headphone") == Level(True, 0.0)


def test_a_master_that_is_off_mutes_all() -> None:
    ways = [switch("Master Playback Switch", 0), switch("Speaker Playback Switch", 1)]
    assert level(ways, Direction.PLAYBACK).is_muted is True


def test_a_line_input_that_is_on_does_not_stand_in_for_the_microphone() -> None:
    ways = [switch("Mic Capture Switch", 0), switch("Line Capture Switch", 1)]
    assert level(ways, Direction.CAPTURE).is_muted is True


def test_a_card_without_controls_says_nothing() -> None:
    assert level([], Direction.PLAYBACK) == Level()


def test_one_channel_that_sounds_is_heard() -> None:
    assert level([volume("PCM Playback Volume", 0, 60)], Direction.PLAYBACK) == Level(None, 60.0)


def test_a_default_that_cannot_be_told_is_no_fault() -> None:
    found = default_card.judge(PCH, Default("", "a sound server chooses"))
    assert (found.health, found.reasons) == (Health.OK, ())


def test_a_plug_around_a_card_is_understood() -> None:
    conf = 'pcm.!default {\n type plug\n slave.pcm "plughw:CARD=C270,DEV=0" # the camera\n}\n'
    assert default_card.parse(conf) == Default("C270")
    assert default_card.parse("pcm.!default { type hw\n card 2 }") == Default("2")
    assert default_card.parse('pcm.!default "mix"').card == ""


def recording(tone: float, noise: float, seed: int = 1, count: int = 16000) -> bytes:
    """A second with a tone and noise of these amplitudes."""
    samples = array("h")
    for each in range(count):
        seed = (seed * 1103515245 + 12345) % 2**31
        wave = tone * math.sin(2 * math.pi * looptest.TONE_HZ * each / looptest.RATE)
        samples.append(round(wave + noise * (seed / 2**30 - 1)))
    return samples.tobytes()


def test_the_tone_itself_is_heard() -> None:
    assert looptest.judge(looptest.tone())["above_db"] > 30


@given(st.integers(100, 15000), st.integers(0, 2**31 - 1))
def test_a_tone_as_loud_as_the_noise_is_heard_and_noise_alone_is_not(
    loudness: int, seed: int
) -> None:
    both = looptest.judge(recording(loudness, loudness, seed, 3200))
    noise = looptest.judge(recording(0, loudness, seed, 3200))
    assert both["above_db"] > -5
    assert noise["above_db"] < -12
    assert not both["is_flat"]


def test_a_constant_is_flat() -> None:
    assert looptest.judge(array("h", [7] * 16000).tobytes()) == {
        "is_flat": True,
        "above_db": -60.0,
    }


@given(st.binary(max_size=5000))
def test_any_recording_is_judged(heard: bytes) -> None:
    assert -60 <= looptest.judge(heard)["above_db"] <= 60
