"""A make-believe /sys, run as a process of its own under umockdev's preload library.

Says the folder the devices live in, then obeys one JSON order a line, and answers "done":
    {"add": description, "announce": path}
    {"remove": [path, ...], "announce": path}    a device goes with its nodes; one is announced
"""

import json
import sys


def main() -> None:
    # Here, so that whoever only collects tests needs no gi.
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import UMockdev

    bed = UMockdev.Testbed.new()
    print(bed.get_root_dir(), flush=True)  # noqa: T201
    for line in sys.stdin:
        order = json.loads(line)
        if "add" in order:
            bed.add_from_string(order["add"])
            bed.uevent(order["announce"], "add")
        else:
            bed.uevent(order["announce"], "remove")
            for path in order["remove"]:
                bed.remove_device(path)
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
