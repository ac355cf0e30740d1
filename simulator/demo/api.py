"""The controller's HTTP API, as the demonstration asks it. No proxy ever stands between."""

import http.client
import json
from typing import Any

from simulator.errors import DemoError

_TIMEOUT_S = 10.0


class Api:
    """One controller, as one user."""

    def __init__(self, host: str, port: int, token: str = "") -> None:
        self._host, self._port, self._token = host, port, token

    def answers(self) -> bool:
        """Whether the pages are there."""
        try:
            return self._ask("GET", "/", None)[0] < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> Any:
        """The JSON at `path`. Raises DemoError."""
        return self._json("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON answer to `body`. Raises DemoError."""
        return self._json("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON answer to `body`. Raises DemoError."""
        return self._json("PUT", path, body)

    def text(self, path: str) -> str:
        """The text at `path`. Raises DemoError."""
        return self._checked("GET", path, None).decode("utf-8", "replace")

    def _json(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        return json.loads(self._checked(method, path, body))

    def _checked(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        try:
            status, payload = self._ask(method, path, body)
        except (OSError, http.client.HTTPException) as err:
            raise DemoError(f"{method} {path}: {err}") from err
        if status not in (http.HTTPStatus.OK, http.HTTPStatus.CREATED, http.HTTPStatus.ACCEPTED):
            raise DemoError(f"{method} {path}: {status} {payload[:500].decode('utf-8', 'replace')}")
        return payload

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, bytes]:
        link = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            link.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()
