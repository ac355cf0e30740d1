"""One login at salt-api, kept: calls that carry its token, which is renewed when it has ended.

POST /login  {"username", "password", "eauth": "file"} -> {"return": [{"token", "expire"}]}
POST /       [call, ...], X-Auth-Token: token          -> {"return": [answer, ...]}
401 no such token any more, or not allowed; 400 a client that is not enabled; 500, 503, 504 the
master is down or too slow
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx

from controller.errors import ConfigError
from controller.salt.port import Denied, Misunderstood, Unreachable

#: A new token is asked for this long before the old one ends.
_EARLY_S = 60.0
_CONNECT_S = 5.0
_DOWN = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
#: What CherryPy's page of an error says of it.
_SAID = re.compile(r"<p>(.*?)</p>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where salt-api is, and as whom it is called."""

    url: str
    ca: Path  # of our authority: nobody else's certificate will do
    user: str
    password_file: Path
    timeout_s: float = 30.0  # of one call; the master itself gives up on a worker before


class Session:
    """Safe to use from several threads. Each call raises Unreachable, Denied or Misunderstood."""

    def __init__(self, endpoint: Endpoint, clock: Callable[[], float] = time.time) -> None:
        self._at = endpoint
        self._clock = clock
        self._token, self._ends_at = "", 0.0
        self._lock = threading.Lock()
        transport = httpx.HTTPTransport(verify=_trust(endpoint.ca), socket_options=_KEEP_ALIVE)
        self._http = httpx.Client(
            base_url=endpoint.url,
            transport=transport,
            timeout=httpx.Timeout(endpoint.timeout_s, connect=_CONNECT_S),
            headers={"Accept": "application/json"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # the token is enough
        )

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def call(self, chunk: Mapping[str, Any]) -> Any:
        """The answer to one call. A token that the API has forgotten is renewed, once."""
        token = self._current()
        answer = self._post("/", [chunk], token)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            answer = self._post("/", [chunk], self._renewed(token))
        what = str(chunk.get("fun"))
        self._judge(answer, what)
        return self._only(answer, what)

    @contextmanager
    def events(self) -> Iterator[httpx.Response]:
        """The stream of events, open; what it has to say waits without end."""
        token = self._current()
        for is_last in (False, True):
            try:
                with self._http.stream(
                    "GET", "/events", headers={"X-Auth-Token": token}, timeout=_WITHOUT_END
                ) as answer:
                    if answer.status_code != HTTPStatus.UNAUTHORIZED or is_last:
                        if answer.status_code != HTTPStatus.OK:
                            answer.read()
                        self._judge(answer, "/events")
                        yield answer
                        return
            except httpx.HTTPError as err:
                raise self._unreachable(err) from err
            token = self._renewed(token)

    def _current(self) -> str:
        with self._lock:
            if self._clock() >= self._ends_at - _EARLY_S:
                self._log_in()
            return self._token

    def _renewed(self, old: str) -> str:
        """Another token than the one refused; when another thread has seen to it, that one."""
        with self._lock:
            if self._token == old:
                self._log_in()
            return self._token

    def _log_in(self) -> None:
        given = {"username": self._at.user, "password": self._password(), "eauth": "file"}
        answer = self._post("/login", given, "")
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise Denied(
                f"{self._at.url} refuses user {self._at.user}: the password in"
                f" {self._at.password_file} is not the master's: run `vigie init`, and restart it"
            )
        self._judge(answer, "/login")
        granted = self._only(answer, "/login")
        try:
            self._token, self._ends_at = str(granted["token"]), float(granted["expire"])
        except (TypeError, KeyError, ValueError) as err:
            raise Misunderstood(f"{self._at.url}/login gives no token: {_short(granted)}") from err

    def _password(self) -> str:
        try:
            return self._at.password_file.read_text("utf-8").strip()
        except OSError as err:
            raise ConfigError(
                f"{self._at.password_file} cannot be read ({err.strerror}): run `vigie init`, or"
                " put the API's password there"
            ) from err

    def _post(self, path: str, body: object, token: str) -> httpx.Response:
        headers = {"X-Auth-Token": token} if token else {}
        try:
            return self._http.post(path, json=body, headers=headers)
        except httpx.HTTPError as err:
            raise self._unreachable(err) from err

    def _judge(self, answer: httpx.Response, what: str) -> None:
        if answer.status_code == HTTPStatus.OK:
            return
        said = _reason(answer)
        if answer.status_code in _DOWN:
            raise Unreachable(
                f"{self._at.url} cannot reach the Salt master for {what}:"
                f" HTTP {answer.status_code}, {said}: is salt-master running?"
            )
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Denied(
                f"{self._at.url} does not let {self._at.user} call {what} ({said}): the master's"
                " external_auth must be as `vigie init` writes it"
            )
        if answer.status_code == HTTPStatus.BAD_REQUEST and "Client disabled" in said:
            raise Denied(f"{self._at.url} has no client for {what}: {said}")
        raise Misunderstood(f"{self._at.url} answers {what} with {answer.status_code}: {said}")

    def _only(self, answer: httpx.Response, what: str) -> Any:
        try:
            returned = answer.json()["return"]
            (only,) = returned
        except (ValueError, TypeError, KeyError) as err:
            raise Misunderstood(
                f"{self._at.url} answers {what} with what salt-api does not:"
                f" {_short(answer.text)}: is it salt-api (rest_cherrypy)?"
            ) from err
        return only

    def _unreachable(self, err: Exception) -> Unreachable:
        why = str(err) or type(err).__name__
        return Unreachable(f"{self._at.url} does not answer ({why}): is salt-api running there?")


_WITHOUT_END = httpx.Timeout(_CONNECT_S, read=None)
#: A master's machine that went away without a word is noticed within a minute and a half.
_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
)


def _trust(ca: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca))
    except OSError as err:
        raise ConfigError(f"{ca} cannot be read ({err}): run `vigie init`") from err


def _reason(answer: httpx.Response) -> str:
    found = _SAID.search(answer.text)
    return _short(found[1] if found else answer.text)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else f"{text[:200]}..."
