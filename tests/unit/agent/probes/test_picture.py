"""What few frames say of a camera: black, still, of one colour, or alive."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.probes import picture
from agent.probes.picture import Frame, Measured
from contract.health import Health

WIDTH, HEIGHT = 64, 48
STEPS = {"YUYV": 2, "UYVY": 2, "RGB3": 3, "GREY": 1, "NV12": 1}
forms = pytest.mark.parametrize("form", STEPS)


def layout(form: str) -> Frame:
    return Frame(form, WIDTH, HEIGHT, WIDTH * STEPS[form])


def painted(form: str, *levels: int) -> bytes:
    """Columns of these brightnesses; colour everywhere else is 128."""
    pixels = [levels[column * len(levels) // WIDTH] for column in range(WIDTH)]
    packed = {
        "YUYV": lambda y: bytes((y, 128)),
        "UYVY": lambda y: bytes((128, y)),
        "RGB3": lambda y: bytes((y, y, y)),
    }
    line = b"".join(packed.get(form, lambda y: bytes((y,)))(y) for y in pixels)
    colours = bytes([128]) * (WIDTH * HEIGHT // 2) if form == "NV12" else b""
    return line * HEIGHT + colours


def alive(frame: bytes, count: int = 8) -> list[bytes]:
    """The same picture with a sensor's noise: one byte differs from frame to frame."""
    return [bytes([frame[0] ^ number & 1]) + frame[1:] for number in range(count)]


def reasons(frames: list[bytes], form: str = "YUYV", *, is_open: bool = True) -> tuple[str, ...]:
    return picture.judge(picture.measure(frames, layout(form)), is_open=is_open).reasons


@forms
def test_a_room_with_light_in_it_is_a_picture(form: str) -> None:
    found = picture.judge(
        picture.measure(alive(painted(form, 40, 90, 200)), layout(form)), is_open=True
    )
    assert (found.health, found.reasons) == (Health.OK, ())
    assert (found.metrics["luma_dark"], found.metrics["luma_bright"]) == (40, 200)


@forms
@given(level=st.integers(0, 20))
def test_a_covered_lens_is_black(form: str, level: int) -> None:
    assert reasons(alive(painted(form, level)), form) == ("black",)


@given(level=st.integers(40, 250))
def test_a_picture_of_one_colour_is_said_though_it_flickers(level: int) -> None:
    assert reasons(alive(painted("YUYV", level))) == ("single-colour",)


@given(levels=st.lists(st.integers(40, 250), min_size=3, max_size=8, unique=True))
def test_identical_frames_are_frozen_unless_they_are_of_one_colour(levels: list[int]) -> None:
    frames = [painted("YUYV", *levels)] * 8
    is_flat = max(levels) - min(levels) < 6
    assert reasons(frames) == ("single-colour" if is_flat else "frozen",)


def test_a_dark_room_at_night_is_not_a_fault_but_a_dead_black_is() -> None:
    night = alive(painted("YUYV", 16))
    assert reasons(night, is_open=False) == ()
    assert reasons(night, is_open=True) == ("black",)
    assert reasons([painted("YUYV", 16)] * 8, is_open=False) == ("black",)


def test_a_lamp_in_a_black_picture_does_not_make_it_bright() -> None:
    frame = bytearray(painted("GREY", 10))
    frame[0] = 255
    assert reasons(alive(bytes(frame)), "GREY") == ("black",)


def test_without_frames_it_is_said_and_few_frames_prove_no_freeze() -> None:
    assert reasons([]) == ("no-frames",)
    assert reasons([painted("YUYV", 40, 200)] * 3) == ()


def test_a_compressed_picture_is_told_by_how_much_there_is_in_it() -> None:
    noise = zlib.compress(b"".join(bytes((n * n % 251, n % 7)) for n in range(9000)))
    header = b"\xff\xd8\xff\xda"
    flat, rich = header + b"\x28\xa2" * 2000, header + noise
    mjpg = Frame("MJPG", 640, 480, 0)
    verdicts = [
        picture.judge(picture.measure(frames, mjpg), is_open=True).reasons
        for frames in (
            [flat + bytes([n]) for n in range(8)],
            [rich] * 8,
            [rich + bytes([n]) for n in range(8)],
        )
    ]
    assert verdicts == [("single-colour",), ("frozen",), ()]


@given(data=st.binary(max_size=200), form=st.sampled_from([*STEPS, "MJPG", "H264", "????"]))
def test_garbage_and_frames_cut_short_are_judged_all_the_same(data: bytes, form: str) -> None:
    frame = Frame(form, WIDTH, HEIGHT, WIDTH * 2)
    measured = picture.measure([data] * 5, frame)
    assert measured.frames == 5
    assert picture.judge(measured, is_open=True).reasons


def test_only_numbers_leave() -> None:
    measured = picture.measure(alive(painted("YUYV", 40, 200)), layout("YUYV"))
    assert measured == Measured(8, 7, 40, 200)
