"""The storage probe as a process with mounts of its own, which end with it.

Argument: a folder, on which a file system of 1 MB is mounted. Orders are one a line of input:
`measure` answers the device as JSON. The others answer `done`: `fill` fills the file system with
bytes and `crowd` with files, `empty` empties it, `freeze` remounts it read-only as the kernel does
when a disk fails.
"""

import subprocess
import sys
from pathlib import Path

import msgspec

from agent.config import Broker, Config
from agent.probe import Context
from agent.probes import storage


def mount(*arguments: str) -> None:
    subprocess.run(["/usr/bin/mount", *arguments], check=True, timeout=10)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as sink:
        try:
            while True:
                sink.write(bytes(4096))
        except OSError:
            return


def main(folder: str) -> None:
    mount("-t", "tmpfs", "-o", "size=1m,nr_inodes=100", "lab", folder)
    broker = Broker("127.0.0.1", Path("ca"), Path("crt"), Path("key"))
    config = Config("pvp-1", broker, state_dir=Path(folder))
    probe = storage.probe(config)
    for order in sys.stdin:
        answer = "done"
        match order.split():
            case ["measure"]:
                (state,) = probe.run(Context(config, "boot", None))
                answer = msgspec.json.encode(state).decode()
            case ["fill"]:
                fill(Path(folder) / "filling")
            case ["crowd"]:
                for number in range(97):
                    (Path(folder) / str(number)).touch()
            case ["empty"]:
                (Path(folder) / "filling").unlink()
            case ["freeze"]:
                mount("-o", "remount,ro", folder)
        print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
