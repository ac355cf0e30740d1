"""Ports of the host's loopback, to be found on the loopback of a system that has no other network.

Outside listens on a socket of the file system for each port; inside, in the system's own network,
listens on the port. Namespaces of networks do not hold sockets of the file system apart.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

_HERE = "127.0.0.1"


def main(argv: Sequence[str]) -> int:
    """`outside FOLDER PORT...` or `inside FOLDER PORT...`, until ended."""
    side, folder, *ports = argv
    serve = outside if side == "outside" else inside
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(folder), [int(port) for port in ports]))
    return 0


async def outside(folder: Path, ports: Sequence[int]) -> None:
    """On the host: each socket leads to its port."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for port in ports:
        path = socket(folder, port)
        path.unlink(missing_ok=True)
        await asyncio.start_unix_server(
            partial(_carry, partial(asyncio.open_connection, _HERE, port)), path
        )
    await asyncio.Event().wait()


async def inside(folder: Path, ports: Sequence[int]) -> None:
    """In the system: each port leads to its socket."""
    for port in ports:
        there = partial(asyncio.open_unix_connection, socket(folder, port))
        await asyncio.start_server(partial(_carry, there), _HERE, port)
    await asyncio.Event().wait()


def socket(folder: Path, port: int) -> Path:
    """The socket of a port.

    >>> str(socket(Path("/run/vigie"), 8443))
    '/run/vigie/8443'
    """
    return folder / str(port)


async def _carry(there, reader, writer):  # type: ignore[no-untyped-def]
    """Both ways, until one side ends."""
    try:
        far_reader, far_writer = await there()
    except OSError:  # nobody listens there now: as a refused connection
        writer.close()
        return
    await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    with suppress(OSError):
        writer.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
