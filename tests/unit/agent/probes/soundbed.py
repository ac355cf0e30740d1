"""Sound cards and cradles made of files, whose kernel interfaces answer. Like bed.py, with more
orders:
    {"controls": node, "are": [[name, type, [value, ...], least, most], ...]}
    {"switches": node, "on": [code, ...]}
"""

import errno
import struct
import threading
from typing import Any

from tests.unit.agent.probes.bed import serve

LIST, INFO, VALUE = 0x5510, 0x5511, 0x5512
SWITCHES = 0x451B
MIXER, READABLE = 2, 1


def answer(kind: int, told: bytes, are: list[Any]) -> bytes | None:
    """What a card with these controls answers; None for an error."""
    new = bytearray(told)
    if kind == LIST:
        struct.pack_into("I", new, 12, len(are))
        return bytes(new)
    number = struct.unpack_from("I", told)[0]
    if not 0 < number <= len(are):
        return None
    name, type_, values, least, most = are[number - 1]
    if kind == INFO:
        struct.pack_into("IiII44sI", new, 0, number, MIXER, 0, 0, name.encode(), 0)
        struct.pack_into("iIIi", new, 64, type_, READABLE, len(values), 0)
        struct.pack_into("lll", new, 80, least, most, 1)
    else:
        struct.pack_into(f"{len(values)}l", new, 72, *values)
    return bytes(new)


def main() -> None:
    # Here, so that whoever only collects tests needs no gi.
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import GLib, UMockdev

    class Kernel(UMockdev.IoctlBase):  # type: ignore[misc]
        """Answers for one node."""

        def __init__(self) -> None:
            super().__init__()
            self.are: list[Any] = []
            self.on: list[int] = []

        def do_handle_ioctl(self, client: Any) -> bool:
            request = client.get_request() & 0xFFFFFFFF
            size = request >> 16 & 0x3FFF
            argument = client.get_arg().resolve(0, size)
            if request & 0xFFFF == SWITCHES:
                new: bytes | None = sum(1 << code for code in self.on).to_bytes(size, "little")
            else:
                new = answer(request & 0xFFFF, bytes(argument.retrieve()), self.are)
            if new is None:
                client.complete(-1, errno.ENOENT)
            else:
                argument.update(0, new)
                client.complete(0, 0)
            return True

    bed = UMockdev.Testbed.new()
    kernels: dict[str, Kernel] = {}

    def kernel(node: str) -> Kernel:
        if node not in kernels:
            kernels[node] = Kernel()
            bed.attach_ioctl(node, kernels[node])
        return kernels[node]

    def obey(order: dict[str, Any]) -> bool:
        if "controls" in order:
            kernel(order["controls"]).are = order["are"]
        elif "switches" in order:
            kernel(order["switches"]).on = order["on"]
        else:
            return False
        return True

    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    serve(bed, obey)
    loop.quit()


if __name__ == "__main__":
    main()
