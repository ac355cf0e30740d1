"""The loop test: real aplay and arecord, and a pipe for the air between the two."""

import array
import math
import os
import random
from pathlib import Path

import pytest

from agent.children import tone
from agent.config import Config
from agent.probe import Context
from agent.probes import microphone
from agent.probes.alsa import Card, Direction
from agent.probes.microphone import LoopTest, Settings
from agent.probes.plugged import Plugged
from contract.health import DeviceState, Health
from tests.faults import Detection, fault

if not Path("/usr/bin/arecord").exists():
    pytest.skip("alsa-utils is not installed", allow_module_level=True)

CARD = Card(1, "Lab", Plugged("/dev/snd/controlC1"), frozenset(Direction))
DEEP = Context(Config.unenrolled(), "boot", None, is_deep=True)


@pytest.fixture
def air(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PCMs of ALSA: what `lab_out` plays, `lab_in` hears; `lab_deaf` hears nothing at all."""
    pipe = tmp_path / "air"
    os.mkfifo(pipe)
    (tmp_path / "silence").write_bytes(bytes(4 * tone.RATE_HZ * 2))
    plug = "type plug slave.pcm { type file slave.pcm null format raw"
    (tmp_path / "asound.conf").write_text(
        f'pcm.lab_out {{ {plug} file "{pipe}" }} }}\n'
        f"pcm.lab_void {{ type null }}\n"
        f'pcm.lab_in {{ {plug} file /dev/null infile "{pipe}" }} }}\n'
        f'pcm.lab_deaf {{ {plug} file /dev/null infile "{tmp_path}/silence" }} }}\n'
    )
    told = f"/usr/share/alsa/alsa.conf:{tmp_path}/asound.conf"
    monkeypatch.setenv("ALSA_CONFIG_PATH", told)


def told(play_on: str = "lab_out", listen_on: str = "lab_in") -> Settings:
    return Settings(loop_test=True, play_on=play_on, listen_on=listen_on)


@pytest.mark.usefixtures("air")
def test_a_tone_that_is_heard_is_fine() -> None:
    found = LoopTest(told()).finding(CARD, DEEP, is_open=True)
    assert found.health is Health.OK, found
    assert found.metrics["loop_tone_db"] > 20


@pytest.mark.usefixtures("air")
@fault("microphone", "does not hear the loudspeaker", "arecord gets silence", "failed", "silent")
def test_a_tone_that_is_not_heard_is_said(detection: Detection) -> None:
    detection.begins()
    found = LoopTest(told("lab_void", "lab_deaf")).finding(CARD, DEEP, is_open=True)
    detection.ends(DeviceState("one", "microphone", found.health, found.reasons))


@pytest.mark.usefixtures("air")
def test_a_card_that_cannot_be_recorded_from_is_not_measured() -> None:
    found = LoopTest(told(listen_on="no_such_pcm")).finding(CARD, DEEP, is_open=True)
    assert (found.health, found.reasons) == (Health.UNKNOWN, ("not-measured",))


def test_no_tone_is_played_unless_wanted_nor_through_a_muted_card() -> None:
    assert LoopTest(Settings()).finding(CARD, DEEP, is_open=True) == microphone.Finding()
    assert LoopTest(told()).finding(CARD, DEEP, is_open=False) == microphone.Finding()


def test_a_tone_stands_out_of_noise_and_noise_alone_does_not() -> None:
    chance = random.Random(7)  # noqa: S311
    turn = 2 * math.pi * tone.TONE_HZ / tone.RATE_HZ
    noise = [chance.gauss(0, 500) for _ in range(tone.RATE_HZ)]
    both = [each + 2000 * math.sin(turn * at) for at, each in enumerate(noise)]
    as_heard = lambda wave: array.array("h", (int(each) for each in wave))  # noqa: E731
    assert tone.stands_out_db(as_heard(both)) > 20
    assert tone.stands_out_db(as_heard(noise)) < 10
