"""The real salt-api that lies beyond the simulated one: it gets what is not for simulated kiosks.

So one controller has both: a region of software, and some machines that are none.
"""

import http.client
import json
import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

_TIMEOUT_S = 60.0
_AGAIN_S = 2.0


class BeyondError(Exception):
    """It answered with this status, or (503) not at all."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Beyond:
    """A real salt-api, spoken to as the controller would. Safe to call from several threads."""

    def __init__(self, url: str, ca: Path, user: str, password: str) -> None:
        where = urlsplit(url)
        self._host, self._port = where.hostname or "localhost", where.port or 8480
        self._context = ssl.create_default_context(cafile=ca)
        self._user, self._password = user, password
        self._token = ""

    def call(self, chunk: Mapping[str, Any]) -> Any:
        """One call of a lowstate. Raises BeyondError."""
        if not self._token:
            self._login()
        try:
            return self._post("/", [chunk])["return"][0]
        except BeyondError as err:
            if err.status != http.HTTPStatus.UNAUTHORIZED:
                raise
        self._login()  # the token has ended; a call that is forbidden is so again
        return self._post("/", [chunk])["return"][0]

    def follow(self, tell: Callable[[str], None], is_over: threading.Event) -> None:
        """Pass its events on as they come, until told to end; cut off, it tries again."""
        while not is_over.is_set():
            try:
                self._follow(tell, is_over)
            except (OSError, BeyondError, http.client.HTTPException) as err:
                log.debug("events of %s:%d: %s", self._host, self._port, err)
            is_over.wait(_AGAIN_S)

    def _follow(self, tell: Callable[[str], None], is_over: threading.Event) -> None:
        self._login()
        link = self._link()
        try:
            link.request("GET", "/events", headers={"X-Auth-Token": self._token})
            answer, event = link.getresponse(), ""
            while not is_over.is_set() and (line := answer.readline()):
                event += line.decode()
                if event.endswith("\n\n"):
                    tell(event)
                    event = ""
        finally:
            link.close()

    def _login(self) -> None:
        given = {"username": self._user, "password": self._password, "eauth": "file"}
        self._token = ""
        self._token = str(self._post("/login", given)["return"][0]["token"])

    def _post(self, path: str, body: object) -> Any:
        link = self._link()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["X-Auth-Token"] = self._token
        try:
            link.request("POST", path, json.dumps(body).encode(), headers)
            answer = link.getresponse()
            payload = answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise BeyondError(answer.status, f"the real master says {answer.status}")
            return json.loads(payload)
        except (OSError, ValueError, http.client.HTTPException) as err:
            raise BeyondError(503, f"the real master at {self._host}:{self._port}: {err}") from err
        finally:
            link.close()

    def _link(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT_S, context=self._context
        )
