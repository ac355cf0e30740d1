"""HTTP over TLS for a simulated salt-api: requests in, answers and streams of events out."""

import json
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from simulator.salt.beyond import BeyondError

log = logging.getLogger(__name__)

_MAX_BYTES = 1_000_000


class Refused(Exception):  # noqa: N818 - reads as the answer it is
    """Answered with this status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Api(Protocol):
    """What is served. Each raises Refused."""

    def login(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A token for whoever knows the password."""

    def require(self, token: str) -> None:
        """That a token is good."""

    def call(self, chunk: Mapping[str, Any]) -> object:
        """One call of a lowstate."""

    def follow(self, tell: Callable[[str], None]) -> None:
        """Tell events, until there are no more."""


class Server(ThreadingHTTPServer):
    """Listens at once; a thread for each caller."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], api: Api, context: ssl.SSLContext) -> None:
        super().__init__(address, partial(_Caller, api))
        self._context = context
        self._open: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the request's own thread: a slow handshake holds up nobody else."""
        with self._context.wrap_socket(request, server_side=True) as wrapped:
            self._open.add(wrapped)
            try:
                super().finish_request(wrapped, client_address)
            finally:
                self._open.discard(wrapped)

    def hang_up(self) -> None:
        """Connections that are kept open end too."""
        for caller in list(self._open):
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hung up is no error of ours."""
        log.debug("salt-api: %s", client_address, exc_info=True)


class _Caller(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, api: Api, *args: Any, **kwargs: Any) -> None:
        self._api = api
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        """Events."""
        try:
            if self.path.partition("?")[0] != "/events":
                raise Refused(404, "not found")
            self._api.require(self.headers.get("X-Auth-Token", ""))
        except Refused as err:
            self._say(err.status, {"return": str(err)})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream;charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self._api.follow(lambda text: self._tell(text))

    def do_POST(self) -> None:
        """A login, or calls."""
        try:
            given = self._read()
            if self.path == "/login":
                self._say(200, {"return": [self._api.login(given)]})
                return
            if self.path != "/":
                raise Refused(404, "not found")
            self._api.require(self.headers.get("X-Auth-Token", ""))
            chunks = given if isinstance(given, list) else [given]
            self._say(200, {"return": [self._api.call(chunk) for chunk in chunks]})
        except (Refused, BeyondError) as err:
            self._say(err.status, {"status": err.status, "return": str(err)})

    def log_message(self, *_: object) -> None:
        """Nothing: a line a request says nothing to anybody."""

    def _read(self) -> Any:
        size = int(self.headers.get("Content-Length") or 0)
        if size > _MAX_BYTES:
            raise Refused(413, "too large")
        try:
            return json.loads(self.rfile.read(size))
        except ValueError as err:
            raise Refused(400, "the body must be JSON") from err

    def _say(self, status: int, body: object) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _tell(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()
