"""The controller's door, small: a TLS server that gives its authority and signs one request."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.agents import KIOSK
from tests.peer.authority import Authority


class Door:
    """Listens on a port of its own until closed; `asked` is what was posted to it."""

    def __init__(self, authority: Authority, shown: Authority | None = None) -> None:
        self.authority = authority
        self.asked: list[dict[str, Any]] = []
        self.refusal = ""
        self.answers_with_key: ec.EllipticCurvePublicKey | None = None
        own = (shown or authority).issue("door")
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, (shown or authority).ca.read_bytes())

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                status, answer = door.redeem(json.loads(self.rfile.read(length)))
                self._answer(status, json.dumps(answer).encode())

            def log_message(self, *_: Any) -> None:
                pass

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.certificate, own.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def redeem(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Sign, unless told to refuse."""
        self.asked.append(request)
        if self.refusal:
            return 403, {"error": self.refusal}
        csr = x509.load_pem_x509_csr(request["csr"].encode())
        key = self.answers_with_key or csr.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        certificate = self.authority.sign(KIOSK, key)
        return 200, {
            "kiosk": KIOSK,
            "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
            "ca": self.authority.ca.read_text(),
            "broker_host": "broker.example.org",
            "broker_port": 8883,
        }

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
