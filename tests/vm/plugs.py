"""Peripherals that can be plugged into the machine and pulled out again, each on a real driver.

Some are devices that qemu emulates; the others are made by the guest's own kernel: drivers of
virtual hardware, and USB gadgets on a looped-back host controller (dummy_hcd).
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.vm.machine import Machine


@dataclass(frozen=True, slots=True)
class Plug:
    """One kind of peripheral. `match`: what tells it in agent.toml."""

    kind: str
    by: str  # what it is made of, for the list of faults
    match: str
    plug: Callable[[Machine], None]
    pull: Callable[[Machine], None]

    def declaration(self) -> str:
        """Its section of agent.toml."""
        return f'[[peripheral]]\nid = "one"\nkind = "{self.kind}"\n{self.match}\n'


def emulated(driver: str, **properties: str) -> tuple[Callable[[Machine], None], ...]:
    """A device of qemu's: how it is plugged in and pulled out."""

    def plug(machine: Machine) -> None:
        machine.monitor.plug(driver, "one", **properties)

    def pull(machine: Machine) -> None:
        machine.monitor.unplug("one")

    return plug, pull


def serial(machine: Machine) -> None:
    """A USB serial port, to whose other end nothing is connected."""
    backend = {"type": "null", "data": {}}
    if not any(one["label"] == "wire" for one in machine.monitor.ask("query-chardev")):
        machine.monitor.ask("chardev-add", id="wire", backend=backend)
    machine.monitor.plug("usb-serial", "one", chardev="wire", always_plugged=True)


def connector(status: str) -> Callable[[Machine], None]:
    """What the only screen's socket is forced to say of itself."""

    def say(machine: Machine) -> None:
        machine.guest.run(f"echo {status} > /sys/class/drm/card0-Virtual-1/status")

    return say


def module(line: str) -> tuple[Callable[[Machine], None], ...]:
    """A driver of virtual hardware: it is there while the driver is loaded."""
    name = line.split()[0]

    def plug(machine: Machine) -> None:
        machine.guest.run(f"modprobe {line}; udevadm settle")

    def pull(machine: Machine) -> None:
        machine.guest.run(f"modprobe -r {name}")

    return plug, pull


def gadget(function: str, setup: str) -> tuple[Callable[[Machine], None], ...]:
    """A USB device that the guest's kernel plays to itself."""
    make = _GADGET.format(function=function, setup=setup)

    def plug(machine: Machine) -> None:
        machine.guest.run(make)

    def pull(machine: Machine) -> None:
        machine.guest.run("echo > /sys/kernel/config/usb_gadget/one/UDC")

    return plug, pull


_GADGET = """
modprobe -a dummy_hcd libcomposite
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
cd /sys/kernel/config/usb_gadget
if [ ! -d one ]; then
    mkdir one && cd one
    echo 0x1d6b > idVendor
    echo 0x0104 > idProduct
    mkdir strings/0x409 configs/c.1 functions/{function}
    echo KIOSK1 > strings/0x409/serialnumber
    (cd functions/{function} && {setup})
    ln -s functions/{function} configs/c.1
    cd ..
fi
echo dummy_udc.0 > one/UDC
udevadm settle
"""
#: HID of one finger on a touchscreen (USB HID Usage Tables, 16): tip, contact id, x, y, count.
_TOUCH = (
    "050d0904a1010922a1020942150025017501950181029507810309517508950115002510"
    "810205011500"
    "26ff7f7510950109308102093181"
    "02c0050d09549501750815002508810"
    "2c0"
)
_TOUCH_SETUP = (
    "echo 0 > protocol && echo 0 > subclass && echo 7 > report_length && "
    f"python3 -c \"open('report_desc','wb').write(bytes.fromhex('{_TOUCH}'))\""
)
_TICKETS_SETUP = "echo lab > pnp_string && echo 10 > q_len"

#: `tests/vm/test_hotplug.py` pulls out each of them.
PLUGS = (
    Plug(
        "camera",
        "vivid's driver",
        'match = { path = "/dev/video0" }',
        *module("vivid node_types=0x1"),
    ),
    Plug(
        "speakers",
        "an emulated usb-audio",
        'match = { usb_id = "46f4:0002" }',
        *emulated("usb-audio", audiodev="silence"),
    ),
    Plug(
        "barcode-reader",
        "an emulated usb-serial",
        'match = { usb_id = "0403:6001" }',
        serial,
        emulated("")[1],
    ),
    Plug(
        "touchscreen",
        "a HID gadget",
        'match = { usb_id = "1d6b:0104" }',
        *gadget("hid.usb0", _TOUCH_SETUP),
    ),
    Plug(
        "card-reader",
        "an emulated usb-ccid",
        'match = { usb_id = "08e6:4433" }\nsettings = { pcsc = false }',
        *emulated("usb-ccid"),
    ),
    Plug(
        "receipt-printer",
        "a printer gadget",
        'match = { usb_id = "1d6b:0104" }',
        *gadget("printer.tickets", _TICKETS_SETUP),
    ),
    Plug("wifi", "mac80211_hwsim's driver", "", *module("mac80211_hwsim radios=1")),
    Plug("screen", "a virtio-gpu's connector", "", connector("detect"), connector("off")),
)
