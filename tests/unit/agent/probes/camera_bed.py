"""A make-believe /sys whose /dev/video0 answers as a driver does. Like bed.py, with one more order:

{"answer": {"driver": ..., "card": ..., "capabilities": .., "node": .., "formats": [..]}}
"""

import errno
import struct
import threading
from typing import Any

from tests.unit.agent.probes.bed import serve

QUERYCAP, ENUM_FMT = 0x80685600, 0xC0405602


def main() -> None:
    # Here, so that whoever only collects tests needs no gi.
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import GLib, UMockdev

    class Driver(UMockdev.IoctlBase):  # type: ignore[misc]
        """Answers what it was told to."""

        told: dict[str, Any]

        def do_handle_ioctl(self, client: Any) -> bool:
            request = client.get_request() & 0xFFFFFFFF
            answer = ioctl(self.told, request, client)
            if answer is None:
                client.complete(-1, errno.EINVAL)
            else:
                client.complete(0, 0)
            return True

    def ioctl(told: dict[str, Any], request: int, client: Any) -> bool | None:
        size = request >> 16 & 0x3FFF
        if request not in (QUERYCAP, ENUM_FMT):
            return None
        argument = client.get_arg().resolve(0, size)
        if request == QUERYCAP:
            answer = struct.pack(
                "=16s32s32sIII12x",
                told["driver"].encode(),
                told["card"].encode(),
                b"usb",
                0x060100,
                told["capabilities"],
                told["node"],
            )
        else:
            index, kind = struct.unpack_from("=II", bytes(argument.retrieve()))
            if index >= len(told["formats"]):
                return None
            code = int.from_bytes(told["formats"][index].encode(), "little")
            answer = struct.pack("=III32sII12x", index, kind, 0, b"", code, 0)
        argument.update(0, answer)
        return True

    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    bed = UMockdev.Testbed.new()
    drivers: list[Any] = []

    def obey(order: dict[str, Any]) -> bool:
        if "answer" not in order:
            return False
        if not drivers:
            drivers.append(Driver())
            drivers[0].told = order["answer"]
            bed.attach_ioctl("/dev/video0", drivers[0])
        drivers[0].told = order["answer"]
        return True

    serve(bed, obey)
    loop.quit()


if __name__ == "__main__":
    main()
