"""Plays a tone and listens for it: does what the loudspeakers say reach the microphone?

    looptest.py PLAY_PCM RECORD_PCM

Prints {"error": ..., "is_flat": ..., "above_db": ...}: `is_flat` when the microphone gave one value
all along, `above_db` how far the tone stands out of all else that was heard. The sound passes
through pipes and memory only; nothing of it is kept.
"""

import array
import json
import math
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

RATE = 16000
TONE_HZ = 1000
TONE_S, LISTEN_S = 1.0, 3  # arecord takes whole seconds; it listens before, while and after
BLOCK = 1600  # a tenth of a second: a whole number of the tone's waves
_LIMIT_S = 12.0
_FLOOR_DB, _CEILING_DB = -60.0, 60.0
_FORMAT = ("-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE), "-c", "1")


def main(arguments: Sequence[str]) -> None:
    """Play, listen, say the verdict."""
    print(json.dumps(run(arguments[0], arguments[1])))


def run(play: str, record: str) -> dict[str, Any]:
    """One test of two PCMs."""
    listening = ["/usr/bin/arecord", "-D", record, "-d", str(LISTEN_S), *_FORMAT]
    playing = ["/usr/bin/aplay", "-D", play, *_FORMAT]
    pipe = subprocess.PIPE
    try:
        with subprocess.Popen(listening, stdout=pipe, stderr=pipe) as ear:  # noqa: S603
            try:
                told = subprocess.run(  # noqa: S603
                    playing, input=tone(), capture_output=True, timeout=_LIMIT_S, check=False
                )
                heard, ear_said = ear.communicate(timeout=_LIMIT_S)
            finally:
                ear.kill()
    except FileNotFoundError as err:
        return {"error": f"{err.filename} is missing"}
    except subprocess.TimeoutExpired as err:
        return {"error": f"{err.cmd[0]} did not end"}
    if told.returncode or ear.returncode:
        said = (told.stderr if told.returncode else ear_said).decode(errors="replace")
        return {"error": said.strip()[-200:] or "no sound"}
    return {"error": "", **judge(heard)}


def tone() -> bytes:
    """A sine at half of the full scale, softly begun and ended: no click."""
    count = int(RATE * TONE_S)
    edge = RATE // 50
    wave = (
        16000
        * min(1.0, each / edge, (count - each) / edge)
        * math.sin(2 * math.pi * TONE_HZ * each / RATE)
        for each in range(count)
    )
    return _bytes(array.array("h", (round(each) for each in wave)))


def judge(heard: bytes) -> dict[str, Any]:
    """What a recording has of the tone, in its best tenth of a second."""
    samples = array.array("h", heard[: len(heard) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    is_flat = not samples or min(samples) == max(samples)
    blocks = (samples[at : at + BLOCK] for at in range(0, len(samples) - BLOCK + 1, BLOCK))
    best = max((above_db(block) for block in blocks), default=_FLOOR_DB)
    return {"is_flat": is_flat, "above_db": round(best, 1)}


def above_db(block: Sequence[int]) -> float:
    """The tone's power over that of all else in a block (Goertzel's algorithm), in decibels."""
    mean = sum(block) / len(block)
    factor = 2 * math.cos(2 * math.pi * TONE_HZ / RATE)
    before = last = power = 0.0
    for sample in block:
        level = sample - mean
        power += level * level
        before, last = last, level + factor * last - before
    # Both as the energy of a sine over the block: N * amplitude^2 / 2.
    of_tone = 2 * (last * last + before * before - factor * last * before) / len(block)
    rest = max(power - of_tone, 0.0)
    if of_tone < 1 * len(block) / 2:  # less than one step of the converter
        return _FLOOR_DB
    if rest == 0:
        return _CEILING_DB
    return min(max(10 * math.log10(of_tone / rest), _FLOOR_DB), _CEILING_DB)


def _bytes(samples: "array.array[int]") -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


if __name__ == "__main__":
    main(sys.argv[1:])
