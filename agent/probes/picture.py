"""Is a picture a picture? Judged from its brightness alone: nothing is recognised or kept."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from agent.probes.finding import Finding
from contract.health import Health

BLACK, FROZEN, SINGLE_COLOUR, NO_FRAMES = "black", "frozen", "single-colour", "no-frames"
#: Video black is 16 of 255; a covered sensor's noise adds a few.
_BLACK = 32
#: The darkest and the brightest of a wall in plain light are further apart than this.
_FLAT = 6
#: Fewer are no proof that a picture stands still.
_ENOUGH = 4
#: Packed formats: first brightness byte, then one every so many. RGB: green stands for it.
_PACKED = {
    "YUYV": (0, 2),
    "YVYU": (0, 2),
    "UYVY": (1, 2),
    "VYUY": (1, 2),
    "RGB3": (1, 3),
    "BGR3": (1, 3),
}
#: These begin with one byte of brightness for each pixel.
_PLANAR = frozenset({"GREY", "NV12", "NV21", "YU12", "YV12", "NV16", "422P"})
#: What can be judged, in the order of preference.
RAW = (*_PACKED, *sorted(_PLANAR))


class Frame(Struct, frozen=True):
    """One picture's layout. `stride` is the bytes of one line."""

    form: str
    width: int
    height: int
    stride: int


class Measured(Struct, frozen=True):
    """What is said of a few frames. Brightness from 0 to 255, of the last frame.

    `dark` and `bright` leave out the hundredth of pixels that is extreme: hot pixels, a lamp.
    Without a brightness (None) the format cannot be read.
    """

    frames: int
    changes: int  # how many frames differ from the one before
    dark: int | None = None
    bright: int | None = None
    is_flat: bool = False  # of a compressed picture: there is nothing in it


def samples(data: bytes, frame: Frame) -> bytes | None:
    """Brightness of pixels spread over a frame; None when the format is not a raw one.

    A frame cut short gives those it has.
    """
    if frame.form in _PACKED:
        first, step = _PACKED[frame.form]
    elif frame.form in _PLANAR:
        first, step = 0, 1
    else:
        return None
    columns = max(1, frame.width // 64)
    rows = max(1, frame.height // 64)
    picked = bytearray()
    for row in range(0, frame.height, rows):
        start = row * frame.stride
        picked += data[start + first : start + frame.width * step : step * columns]
    return bytes(picked)


def measure(frames: Sequence[bytes], layout: Frame) -> Measured:
    """Numbers of frames in the order they came."""
    changes = sum(one != other for one, other in pairwise(frames))
    if not frames:
        return Measured(0, 0)
    picked = samples(frames[-1], layout)
    if not picked:
        return Measured(len(frames), changes, is_flat=_is_empty(frames[-1]))
    ordered = sorted(picked)
    edge = len(ordered) // 100
    return Measured(len(frames), changes, ordered[edge], ordered[-1 - edge])


def judge(measured: Measured, *, is_open: bool) -> Finding:
    """What is wrong with it. Out of hours a dark but living picture is a dark room."""
    metrics = {"frames": float(measured.frames)}
    if measured.dark is not None and measured.bright is not None:
        metrics["luma_dark"] = float(measured.dark)
        metrics["luma_bright"] = float(measured.bright)
    reason = _reason(measured, is_open=is_open)
    if reason is None:
        return Finding(metrics=metrics)
    return Finding(Health.FAILED, (reason,), metrics)


def _reason(measured: Measured, *, is_open: bool) -> str | None:
    if not measured.frames:
        return NO_FRAMES
    is_frozen = measured.frames >= _ENOUGH and not measured.changes
    dark, bright = measured.dark, measured.bright
    if dark is not None and bright is not None:
        if bright < _BLACK:
            return BLACK if is_open or is_frozen else None
        if bright - dark < _FLAT:
            return SINGLE_COLOUR
    elif measured.is_flat:
        return SINGLE_COLOUR if is_open or is_frozen else None
    return FROZEN if is_frozen else None


def _is_empty(jpeg: bytes) -> bool:
    """Whether a JPEG holds one colour: its blocks are all coded alike, so it shrinks to nothing.

    Of any real picture the coded blocks do not shrink at all.
    """
    import zlib  # only the child that looks needs it

    start = jpeg.find(b"\xff\xda")  # start of scan, ITU-T T.81 B.1.1.3
    coded = jpeg[start:] if start >= 0 else b""
    return len(coded) > 512 and len(zlib.compress(coded, 1)) < len(coded) // 10
