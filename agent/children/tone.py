"""Plays a short tone and listens for it: by how much it stands above the room's own noise.

    tone.py PLAY_ON LISTEN_ON        names of PCMs (aplay -L, arecord -L)

Prints {"tone_db": 31.5}, or {"error": "..."}. What was heard stays in this process's memory:
numbers alone leave it.
"""

import array
import json
import math
import subprocess
import sys
import time

RATE_HZ, TONE_HZ, TONE_S, LISTEN_S = 16_000, 1000, 0.6, 2
#: Frequencies beside the tone's own, by which the room's noise is known.
BESIDE_HZ = (700, 800, 1250, 1400)
_FORMAT = ("-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE_HZ), "-c", "1")
_WINDOW = RATE_HZ // 10
_LIMIT_S = 6.0
_LOUDNESS = 8000
#: Of a window in which nothing at all was heard.
_SILENCE = 1.0


def main(play_on: str, listen_on: str) -> None:
    """Say what was heard."""
    print(json.dumps(test(play_on, listen_on)))


def test(play_on: str, listen_on: str) -> dict[str, float | str]:
    """Listen, play meanwhile, compare."""
    listen = ["/usr/bin/arecord", "-D", listen_on, *_FORMAT, "-d", str(LISTEN_S)]
    play = ["/usr/bin/aplay", "-D", play_on, *_FORMAT]
    pipe = subprocess.PIPE
    try:
        with subprocess.Popen(listen, stdout=pipe, stderr=pipe) as ear:  # noqa: S603 - our own list
            time.sleep(0.3)  # let the recording begin
            mouth = subprocess.run(  # noqa: S603
                play, input=tone(), capture_output=True, timeout=_LIMIT_S, check=False
            )
            heard, trouble = ear.communicate(timeout=_LIMIT_S)
    except subprocess.TimeoutExpired as err:
        return {"error": f"{err.cmd[0]} did not end"}
    except OSError as err:
        return {"error": f"{err.filename}: {err.strerror}"}
    if mouth.returncode or not heard:
        said = (mouth.stderr if mouth.returncode else trouble).decode(errors="replace")
        return {"error": said.strip()[-200:] or "nothing was recorded"}
    return {"tone_db": round(stands_out_db(samples(heard)), 1)}


def tone() -> bytes:
    """The tone as PCM, faded in and out so that it does not click."""
    count = int(TONE_S * RATE_HZ)
    fade = RATE_HZ // 50
    turn = 2 * math.pi * TONE_HZ / RATE_HZ
    wave = array.array(
        "h",
        (
            int(_LOUDNESS * min(1.0, at / fade, (count - at) / fade) * math.sin(turn * at))
            for at in range(count)
        ),
    )
    if sys.byteorder == "big":
        wave.byteswap()
    return wave.tobytes()


def samples(raw: bytes) -> "array.array[int]":
    """16-bit samples, little end first."""
    wave = array.array("h", raw[: len(raw) // 2 * 2])
    if sys.byteorder == "big":
        wave.byteswap()
    return wave


def stands_out_db(heard: "array.array[int]") -> float:
    """By how many decibels the tone, where it is loudest, stands above what is beside it there."""
    best = 0.0
    for start in range(0, len(heard) - _WINDOW + 1, _WINDOW):
        window = heard[start : start + _WINDOW]
        beside = max(power(window, each) for each in BESIDE_HZ)
        ratio = (power(window, TONE_HZ) + _SILENCE) / (beside + _SILENCE)
        best = max(best, 10 * math.log10(ratio))
    return best


def power(window: "array.array[int]", frequency_hz: float) -> float:
    """The power at one frequency (Goertzel's algorithm), per sample."""
    turn = 2 * math.cos(2 * math.pi * frequency_hz / RATE_HZ)
    last = before = 0.0
    for sample in window:
        last, before = sample + turn * last - before, last
    return max(0.0, last * last + before * before - turn * last * before) / len(window) ** 2


if __name__ == "__main__":
    main(*sys.argv[1:3])
