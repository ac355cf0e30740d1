"""A real video4linux driver (vivid) that streams what it is told to: the agent looks through it."""

import pytest

from contract.health import Health
from tests.faults import Detection, fault
from tests.peer.other_end import OtherEnd
from tests.vm.hearing import until, until_fact
from tests.vm.kiosk import Kiosk

#: Looked at each time the probe runs; no hours, so it is open.
DECLARED = """
[[peripheral]]
id = "camera"
kind = "camera"
match = { path = "/dev/video0" }
settings = { every_s = 1, limit_s = 40, busy_after_s = 1 }
"""
#: Sets vivid's picture by the names its menus have (linux/videodev2.h: QUERYCTRL, QUERYMENU,
#: S_CTRL). Without its text, which counts the frames, the picture stands still.
SHOW = """
import fcntl, os, struct, sys
node = os.open("/dev/video0", os.O_RDWR)

def controls():
    at = 0
    while True:
        asked = bytearray(struct.pack("=I64x", at | 0x80000000))
        try:
            fcntl.ioctl(node, 0xC0445624, asked)
        except OSError:
            return
        at, _, name, low, high = struct.unpack_from("=II32sii", asked)
        yield name.split(b"\\0")[0].decode(), at, low, high

def items(control, low, high):
    for index in range(low, high + 1):
        asked = bytearray(struct.pack("=II36x", control, index))
        try:
            fcntl.ioctl(node, 0xC02C5625, asked)
        except OSError:
            continue
        yield asked[8:40].split(b"\\0")[0].decode(), index

for name, wanted in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    (_, control, low, high), = [one for one in controls() if one[0] == name]
    (value,) = [index for said, index in items(control, low, high) if said == wanted]
    fcntl.ioctl(node, 0xC008561C, struct.pack("=Ii", control, value))
"""
PICTURES = {"black": "100% Black", "single-colour": "100% Red", "frozen": "75% Colorbar"}
ROWS = [
    pytest.param(
        reason,
        id=reason,
        marks=fault("camera", f"vivid shows {shown}, still", "vivid's controls", "failed", reason),
    )
    for reason, shown in PICTURES.items()
]


@pytest.fixture
def camera(kiosk: Kiosk, other_end: OtherEnd) -> Kiosk:
    """It shows coloured bars and counts its frames, and is known to be fine."""
    kiosk.guest.run("modprobe vivid node_types=0x1; udevadm settle")
    kiosk.guest.write("/root/show.py", SHOW.encode())
    kiosk.declare(DECLARED, "camera_s = 5")
    kiosk.start()
    until_fact(other_end, "camera", "driver", "vivid")
    state = until(other_end, "camera", Health.OK)
    assert "640x" in str(state.facts["format"])
    return kiosk


@pytest.mark.parametrize("reason", ROWS)
def test_a_picture_that_is_none_is_told_apart_from_a_live_one(
    reason: str, camera: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    detection.begins()
    told = f"'OSD Text Mode' None 'Test Pattern' '{PICTURES[reason]}'"
    camera.guest.run(f"python3 /root/show.py {told}")
    detection.ends(until(other_end, "camera", Health.FAILED, reason))
    camera.guest.run("python3 /root/show.py 'OSD Text Mode' All 'Test Pattern' '75% Colorbar'")
    until(other_end, "camera", Health.OK)


@fault("camera", "a program keeps vivid open", "a shell opens its node", "degraded", "device-busy")
def test_a_program_that_keeps_the_camera_is_named(
    camera: Kiosk, other_end: OtherEnd, detection: Detection
) -> None:
    detection.begins()
    camera.guest.run("systemd-run --quiet --unit keeper sh -c 'exec sleep 9999 < /dev/video0'")
    state = until(other_end, "camera", Health.DEGRADED, "device-busy")
    detection.ends(state)
    assert state.facts["held_by"] == "sleep"
    camera.guest.run("systemctl stop keeper")
    until(other_end, "camera", Health.OK)
