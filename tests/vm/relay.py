"""Carries one connection of the machine to a port on the host's loopback. qemu starts it."""

import selectors
import socket
import sys

_CHUNK_BYTES = 65536


def carry(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until both sides have ended."""
    selector = selectors.DefaultSelector()
    selector.register(one, selectors.EVENT_READ, other)
    selector.register(other, selectors.EVENT_READ, one)
    while selector.get_map():
        for key, _ in selector.select():
            source = key.fileobj
            assert isinstance(source, socket.socket)
            try:
                received = source.recv(_CHUNK_BYTES)
                key.data.sendall(received)
            except OSError:  # one side died: so does the connection
                return
            if not received:
                selector.unregister(source)
                key.data.shutdown(socket.SHUT_WR)


def main(port: int) -> None:
    """Standard input is the machine's end."""
    with (
        socket.socket(fileno=0) as machine,
        socket.create_connection(("127.0.0.1", port)) as controller,
    ):
        carry(machine, controller)


if __name__ == "__main__":
    main(int(sys.argv[1]))
