"""The controller as seen from afar: calls of its API, and its errors in its own words."""

import os
import ssl
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

from controller.errors import ConfigError
from controller.remote.account import Account
from controller.remote.errors import RemoteError, ShutOut, Unreachable

LIMIT_S = 30.0
TRIES = 4
_PAGE = 500


class Server:
    """One controller. Reads, and orders that bear a key, are tried again when nothing answers."""

    def __init__(self, account: Account, http: httpx.Client) -> None:
        self._account = account
        self._http = http

    def get(self, path: str, **query: Any) -> Any:
        """What is at `/api/<path>`; empty values of the query are left out."""
        return self._json("GET", path, params=_asked(query))

    def content(self, path: str, **query: Any) -> bytes:
        """The same, a file."""
        return self._call("GET", path, params=_asked(query)).content

    def all(self, path: str, *, limit: int = 0, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page; `limit` of them at most, 0 for all."""
        given = 0
        while True:
            size = min(_PAGE, limit - given) if limit else _PAGE
            page = self.get(path, limit=size, offset=given, **query)
            yield from page["items"]
            given += len(page["items"])
            if not page["items"] or given >= page["count"] or given == limit:
                return

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What came of it. It is sent once."""
        return self._json("POST", path, json=body)

    def stamped(self, path: str) -> tuple[Any, str]:
        """What is at `/api/<path>`, with the ETag that an edit of it takes."""
        answer = self._call("GET", path)
        return answer.json(), answer.headers.get("ETag", "")

    def put(self, path: str, body: dict[str, Any], etag: str) -> Any:
        """What came of it; refused when it is not what bore that ETag any more. It is sent once."""
        return self._json("PUT", path, json=body, headers={"If-Match": etag})

    def order(self, path: str, body: dict[str, Any]) -> Any:
        """The same with a key of its own: sent again, it is the same order."""
        return self._json("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})

    def _json(self, method: str, path: str, **more: Any) -> Any:
        answer = self._call(method, path, **more)
        try:
            return answer.json() if answer.content else None
        except ValueError as err:
            raise Unreachable(f"{self._account.url} does not answer as a controller does") from err

    def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        is_safe = method == "GET" or "Idempotency-Key" in more.get("headers", {})
        for left in reversed(range(TRIES if is_safe else 1)):
            try:
                answer = self._http.request(method, f"/api/{path}", **more)
            except httpx.HTTPError as err:
                if not left:
                    problem = str(err) or type(err).__name__
                    raise Unreachable(f"{self._account.url} cannot be reached: {problem}") from err
                time.sleep(0.5 * (TRIES - left))
                continue
            if answer.status_code in (429, 502, 503) and left:
                time.sleep(min(60.0, _wait_s(answer)))
                continue
            return self._judged(answer)
        raise AssertionError("unreachable")  # the last try answers or raises

    def _judged(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        try:
            said = str(answer.json()["error"])
        except (ValueError, KeyError, TypeError):
            raise Unreachable(
                f"{self._account.url} answered {answer.status_code}, not as a controller does"
            ) from None
        if answer.status_code in (401, 403):
            raise ShutOut(said)
        raise RemoteError(said)


def connect(account: Account) -> Server:
    """The controller of this account. Raises ConfigError for a CA file that is none."""
    try:
        tls = ssl.create_default_context(cafile=account.ca or None)
    except (OSError, ssl.SSLError) as err:
        raise ConfigError(f"ca is {account.ca!r}, must be a file of certificates: {err}") from err
    language = "fr" if os.environ.get("LANG", "").startswith("fr") else "en"
    http = httpx.Client(
        base_url=account.url,
        headers={
            "Authorization": f"Bearer {account.token}",
            "Accept-Language": language,
            "User-Agent": "vigie",
        },
        timeout=LIMIT_S,
        verify=tls,
    )
    return Server(account, http)


def _asked(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value not in ("", None)}


def _wait_s(answer: httpx.Response) -> float:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdigit() else 1.0
