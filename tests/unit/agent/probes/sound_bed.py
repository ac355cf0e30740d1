"""A make-believe /sys whose /dev/snd/controlC1 answers as a sound card does. Like bed.py, with one
more order: {"controls": [["Mic Capture Switch", type, [values], least, most], ...]}
"""

import errno
import json
import struct
import sys
import threading
from typing import Any

#: SNDRV_CTL_IOCTL_ELEM_LIST, _INFO, _READ (uapi/sound/asound.h), as on 64 bits.
LIST, INFO, READ = 0xC0505510, 0xC1105511, 0xC4C85512
NODE = "/dev/snd/controlC1"


def answer(controls: list[Any], request: int, asked: bytes) -> bytes | int | None:
    """The struct that a card fills in; an errno when there is no such control."""
    if request == LIST:
        return struct.pack("@4IP50s0P", 0, 0, 0, len(controls), 0, b"")
    if request not in (INFO, READ):
        return None
    (number,) = struct.unpack_from("@I", asked)
    if not 0 < number <= len(controls):
        return errno.ENOENT
    name, kind, values, least, most = controls[number - 1]
    element = struct.pack("@Iiii44sI", number, 2, 0, 0, name.encode(), 0)
    if request == INFO:
        about = struct.pack("@iIIi", kind, 3, len(values), 0)
        return element + about + struct.pack("@3l", least, most, 1).ljust(128 + 64, b"\0")
    told = struct.pack(f"@{len(values)}l", *values).ljust(1024, b"\0")
    return element + bytes(8) + told + bytes(128)


def main() -> None:
    # Here, so that whoever only collects tests needs no gi.
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import GLib, UMockdev

    class Card(UMockdev.IoctlBase):  # type: ignore[misc]
        """Has the controls it was given."""

        controls: list[Any]

        def do_handle_ioctl(self, client: Any) -> bool:
            request = client.get_request() & 0xFFFFFFFF
            argument = client.get_arg().resolve(0, request >> 16 & 0x3FFF)
            said = answer(self.controls, request, bytes(argument.retrieve()))
            if isinstance(said, bytes):
                argument.update(0, said)
                client.complete(0, 0)
            else:
                client.complete(-1, said or errno.ENOTTY)
            return True

    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    bed = UMockdev.Testbed.new()
    cards: list[Any] = []
    print(bed.get_root_dir(), flush=True)  # noqa: T201
    for line in sys.stdin:
        order = json.loads(line)
        if "controls" in order:
            if not cards:
                cards.append(Card())
                bed.attach_ioctl(NODE, cards[0])
            cards[0].controls = order["controls"]
        elif "add" in order:
            bed.add_from_string(order["add"])
            bed.uevent(order["announce"], "add")
        else:
            bed.uevent(order["announce"], "remove")
            for path in order["remove"]:
                bed.remove_device(path)
        print("done", flush=True)  # noqa: T201
    loop.quit()


if __name__ == "__main__":
    main()
