"""A stand-in for the kiosks' door: gives pillars to the master's certificate, and nothing else."""

import json
import ssl
import threading
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.peer.region import Region


class PillarDoor:
    """At the region's door: port and certificate. `pillars` may change while it is open."""

    def __init__(self, region: Region, pillars: Mapping[str, Mapping[str, Any]]) -> None:
        self._region, self._pillars = region, pillars
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Open it."""
        pki = self._region.pki
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki / "door.pem", pki / "door.key")
        context.load_verify_locations(pki / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        address = ("127.0.0.1", self._region.door_port)
        self._server = ThreadingHTTPServer(address, partial(_Caller, self._pillars))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Close it; no word when it is."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Caller(BaseHTTPRequestHandler):
    def __init__(self, pillars: Mapping[str, Mapping[str, Any]], *args: Any) -> None:
        self._pillars = pillars
        super().__init__(*args)

    def do_GET(self) -> None:
        subject = dict(entry[0] for entry in self.connection.getpeercert()["subject"])
        kiosk = self.path.removeprefix("/pillar/")
        found = self._pillars.get(kiosk) if subject.get("commonName") == "vigie-salt" else None
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"vigie": {"kiosk": kiosk, **(found or {})}}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""
