"""Where the demonstration's messages arrive: a webhook on loopback that says each in one line.

A channel of kind `webhook` sends to it, signed as any other (https://www.standardwebhooks.com).
"""

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from simulator.demo.layout import HERE

_MOST_BYTES = 1_000_000


class Inbox:
    """Listens as soon as it is made. `say` is called in a thread, once a message."""

    def __init__(self, log: Path, say: Callable[[str], None]) -> None:
        self.secret = secrets.token_urlsafe(24)
        self._log, self._say = log, say
        inbox = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length", "0")), _MOST_BYTES)
                self.send_response(inbox.take(dict(self.headers.items()), self.rfile.read(length)))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Messages are said; requests are not."""

        self._server = ThreadingHTTPServer((HERE, 0), Door)
        self._thread = Thread(target=self._server.serve_forever, name="inbox", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"http://{HERE}:{self._server.server_address[1]}/"

    def take(self, headers: dict[str, str], body: bytes) -> HTTPStatus:
        """Say a message and keep all of it; what does not bear our signature is refused."""
        named = {name.lower(): value for name, value in headers.items()}
        signed = f"{named.get('webhook-id')}.{named.get('webhook-timestamp')}.".encode() + body
        digest = hmac.new(self.secret.encode(), signed, sha256).digest()
        true = f"v1,{base64.b64encode(digest).decode()}"
        if not hmac.compare_digest(true, named.get("webhook-signature", "")):
            return HTTPStatus.UNAUTHORIZED
        try:
            message = json.loads(body)
            at, told = datetime.fromisoformat(message["timestamp"]), message["data"]
            title, text = str(told["title"]), str(told["text"])
        except (ValueError, KeyError, TypeError):
            return HTTPStatus.BAD_REQUEST
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{at:%Y-%m-%d %H:%M:%S %Z}  {title}\n\n{text}\n\n{'=' * 72}\n\n")
        self._say(title)
        return HTTPStatus.NO_CONTENT

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
