"""A make-believe /sys, run as a process of its own under umockdev's preload library.

Says the folder the devices live in, then obeys one JSON order a line, and answers "done":
    {"add": description, "announce": path}
    {"remove": [path, ...], "announce": path}    a device goes with its nodes; one is announced
"""

import json
import sys
from collections.abc import Callable
from typing import Any


def serve(bed: Any, obey: Callable[[dict[str, Any]], bool] = lambda _: False) -> None:
    """Obey until the input ends; `obey` knows more orders, and answers whether one was its."""
    print(bed.get_root_dir(), flush=True)  # noqa: T201
    for line in sys.stdin:
        order = json.loads(line)
        if not obey(order):
            _change(bed, order)
        print("done", flush=True)  # noqa: T201


def _change(bed: Any, order: dict[str, Any]) -> None:
    if "add" in order:
        bed.add_from_string(order["add"])
    if "announce" in order:
        bed.uevent(order["announce"], "add" if "add" in order else "remove")
    for path in order.get("remove", ()):
        bed.remove_device(path)


def main() -> None:
    # Here, so that whoever only collects tests needs no gi.
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import UMockdev

    serve(UMockdev.Testbed.new())


if __name__ == "__main__":
    main()
