"""The loop test: real aplay and arecord, and a pipe for the air between the two."""

import os
from pathlib import Path

import pytest

from agent.children import looptest as child
from agent.probes import looptest
from agent.probes.finding import Finding
from contract.health import DeviceState, Health
from tests.faults import Detection, fault

if not Path("/usr/bin/arecord").exists():
    pytest.skip("alsa-utils is not installed", allow_module_level=True)


class Air:
    """PCMs of ALSA: what `lab_out` plays, `lab_in` hears; `lab_hum` hears noise alone."""

    def __init__(self, folder: Path) -> None:
        pipe, hum = folder / "air", folder / "hum"
        os.mkfifo(pipe)
        hum.write_bytes(os.urandom(2 * child.RATE * (child.LISTEN_S + 1)))
        (folder / "flat").write_bytes(bytes(2 * child.RATE * (child.LISTEN_S + 1)))
        plug = "type plug slave.pcm { type file slave.pcm null format raw"
        conf = folder / "asound.conf"
        conf.write_text(
            f'pcm.lab_out {{ {plug} file "{pipe}" }} }}\n'
            f"pcm.lab_void {{ type null }}\n"
            f'pcm.lab_in {{ {plug} file /dev/null infile "{pipe}" }} }}\n'
            f'pcm.lab_hum {{ {plug} file /dev/null infile "{hum}" }} }}\n'
            f'pcm.lab_flat {{ {plug} file /dev/null infile "{folder}/flat" }} }}\n'
        )
        self.environ = {"ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{conf}"}

    def test(self, play: str, record: str) -> Finding:
        """The loop test between two PCMs."""
        return looptest.run(play, record, self.environ)


@pytest.fixture
def air(tmp_path: Path) -> Air:
    return Air(tmp_path)


def microphone(found: Finding) -> DeviceState:
    return DeviceState("one", "microphone", found.health, found.reasons)


def test_a_tone_that_is_heard_is_fine(air: Air) -> None:
    found = air.test("lab_out", "lab_in")
    assert found.health is Health.OK, found


@fault("microphone", "deaf", "arecord gets one value all along", "failed", "silent")
def test_a_microphone_that_gives_nothing_is_said(air: Air, detection: Detection) -> None:
    detection.begins()
    detection.ends(microphone(air.test("lab_void", "lab_flat")))


@fault(
    "microphone",
    "does not hear the loudspeaker",
    "arecord gets noise without the tone",
    "failed",
    "tone-not-heard",
)
def test_a_tone_that_is_not_heard_is_said(air: Air, detection: Detection) -> None:
    detection.begins()
    detection.ends(microphone(air.test("lab_void", "lab_hum")))


def test_a_card_that_cannot_be_recorded_from_is_not_measured(air: Air) -> None:
    found = air.test("lab_out", "no_such_pcm")
    assert (found.health, found.reasons) == (Health.UNKNOWN, ("not-measured",))
