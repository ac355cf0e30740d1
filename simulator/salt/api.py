"""The API of a simulated master: as much of salt-api (rest_cherrypy) as a controller calls.

POST /login   {"username", "password", "eauth": "file"} -> {"return": [{"token", "expire"}]}
POST /        [{"client": "local_async" | "runner", "fun", ...}], X-Auth-Token
              -> {"return": [...]}, one entry a call
GET  /events  server-sent events: salt/job/<jid>/ret/<minion>
401 not logged in, or not allowed to; 400 a client that is not enabled; 500 the master is down
"""

import hmac
import json
import logging
import queue
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from simulator.salt.beyond import Beyond, BeyondError
from simulator.salt.master import Job, Master
from simulator.salt.minion import Answer

log = logging.getLogger(__name__)

#: Functions that a real master's configuration of ours lets the controller call.
ALLOWED = frozenset(
    {
        "state.apply",
        "saltutil.find_job",
        "saltutil.find_cached_job",
        "saltutil.refresh_pillar",
    }
)
_MAX_BYTES = 1_000_000
_TOKEN_S = 43_200.0
_PULSE_S = 1.0


class _Refused(Exception):  # noqa: N818 - reads as the answer it is
    """Answered with this status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Door:
    """Where it listens and who may come in. Port 0 takes a free one."""

    host: str
    port: int
    certificate: Path
    key: Path
    user: str
    password: str


class SaltApi:
    """Serves a master in threads of its own, until `stop`. What is for none of its kiosks goes
    beyond, if there is such a master."""

    def __init__(self, master: Master, door: Door, beyond: Beyond | None = None) -> None:
        self._master, self._door, self._beyond = master, door, beyond
        self._tokens: dict[str, float] = {}
        self.is_stopping = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(door.certificate, door.key)
        self._server = _Server((door.host, door.port), partial(_Caller, self), context)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="salt-api", daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()
        log.info("salt-api of the simulated minions at https://%s:%d", self._door.host, self.port)

    def stop(self) -> None:
        """For good; streams of events end."""
        self.is_stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def login(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A token for whoever knows the password."""
        is_known = hmac.compare_digest(str(given.get("username")), self._door.user)
        if not (is_known and hmac.compare_digest(str(given.get("password")), self._door.password)):
            raise _Refused(401, "Could not authenticate using provided credentials")
        token, now = secrets.token_hex(20), time.time()
        self._tokens[token] = now + _TOKEN_S
        return {"token": token, "start": now, "expire": now + _TOKEN_S, "user": self._door.user}

    def require(self, token: str) -> None:
        """Raises _Refused for a token that is none, or is over."""
        if self._tokens.get(token, 0.0) < time.time():
            raise _Refused(401, "No permission -- see authorization schemes")

    def call(self, chunk: Mapping[str, Any]) -> object:
        """One call of a lowstate."""
        if self._master.is_down:
            raise _Refused(500, "Salt request timed out. The master is not responding.")
        match chunk.get("client"):
            case "local_async":
                return self._submit(chunk)
            case "runner":
                return self._runner(str(chunk.get("fun")), chunk)
        raise _Refused(400, "client is not enabled")

    def _submit(self, chunk: Mapping[str, Any]) -> dict[str, Any]:
        function, targets = str(chunk.get("fun")), chunk.get("tgt")
        if function not in ALLOWED and not function.startswith("test."):
            raise _Refused(401, "Authorization error occurred.")
        if not isinstance(targets, list) or chunk.get("tgt_type") != "list":
            raise _Refused(400, "this master takes targets as a list only")
        names = [str(one) for one in targets]
        ours = [name for name in names if self._master.has(name)]
        args, kwargs = tuple(chunk.get("arg", ())), chunk.get("kwarg", {})
        jid = str(
            chunk.get("jid") or time.strftime("%Y%m%d%H%M%S") + f"{time.time_ns() % 10**6:06}"
        )
        known = self._master.submit(jid, function, ours, args, kwargs)
        others = [name for name in names if name not in ours]
        if self._beyond is not None and others:
            answer = self._beyond.call({**chunk, "tgt": others, "jid": jid})
            known = (*known, *answer.get("minions", ()))
        return {"jid": jid, "minions": list(known)} if known else {}

    def _runner(self, function: str, chunk: Mapping[str, Any]) -> object:
        given = {**chunk, **chunk.get("kwarg", {})}
        is_ours = self._master.has(str(given.get("kiosk", "")))
        if function.startswith("vigie_keys.") and self._beyond is not None and not is_ours:
            return self._beyond.call(chunk)
        match function:
            case "jobs.list_job":
                return self._listed(str(given.get("jid")), chunk)
            case "vigie_keys.accept":
                self._master.accept(str(given["kiosk"]), str(given["public_key"]))
                return True
            case "vigie_keys.remove":
                self._master.remove(str(given["kiosk"]))
                return True
        raise _Refused(401, "Authorization error occurred.")

    def _listed(self, jid: str, chunk: Mapping[str, Any]) -> dict[str, Any]:
        job = self._master.job(jid)
        there = self._beyond.call(chunk) if self._beyond is not None else {}
        if job is None:
            return there or {"jid": jid, "Error": "Cannot contact returner or no job with this jid"}
        results = {name: _result(answer) for name, answer in dict(job.returns).items()}
        return {
            "jid": jid,
            "Function": job.function,
            "Arguments": [*job.args, {"__kwarg__": True, **job.kwargs}],
            "Minions": [*job.minions, *there.get("Minions", ())],
            "Result": {**results, **there.get("Result", {})},
        }

    def follow(self, tell: Callable[[str], None]) -> None:
        """Tell each return as it comes, until the API stops or the master goes down."""
        waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        end = self._master.listen(lambda *heard: waiting.put(_event(*heard)))
        is_over = threading.Event()
        if self._beyond is not None:
            there = threading.Thread(
                target=self._beyond.follow, args=(waiting.put, is_over), name="beyond", daemon=True
            )
            there.start()
        try:
            tell("retry: 400\n")
            while not self.is_stopping.is_set() and not self._master.is_down:
                try:
                    tell(waiting.get(timeout=_PULSE_S))
                except queue.Empty:
                    continue
        finally:
            is_over.set()
            end()


def _result(answer: Answer) -> dict[str, Any]:
    told = {"return": answer.body, "retcode": answer.retcode, "success": answer.has_succeeded}
    return told | ({"out": "highstate"} if isinstance(answer.body, dict) else {})


def _event(job: Job, name: str, answer: Answer) -> str:
    tag = f"salt/job/{job.jid}/ret/{name}"
    more = {"id": name, "jid": job.jid, "fun": job.function, "cmd": "_return"}
    data = json.dumps({"tag": tag, "data": {**_result(answer), **more}})
    return f"tag: {tag}\ndata: {data}\n\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], caller: Callable[..., "_Caller"], context: ssl.SSLContext
    ) -> None:
        super().__init__(address, caller)
        self._context = context

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the request's own thread: a slow handshake holds up nobody else."""
        with self._context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hung up is no error of ours."""
        log.debug("salt-api: %s", client_address, exc_info=True)


class _Caller(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, api: SaltApi, *args: Any, **kwargs: Any) -> None:
        self._api = api
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        """Events."""
        try:
            if self.path.partition("?")[0] != "/events":
                raise _Refused(404, "not found")
            self._api.require(self.headers.get("X-Auth-Token", ""))
        except _Refused as err:
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
                raise _Refused(404, "not found")
            self._api.require(self.headers.get("X-Auth-Token", ""))
            chunks = given if isinstance(given, list) else [given]
            self._say(200, {"return": [self._api.call(chunk) for chunk in chunks]})
        except (_Refused, BeyondError) as err:
            self._say(err.status, {"status": err.status, "return": str(err)})

    def log_message(self, *_: object) -> None:
        """Nothing: a line a request says nothing to anybody."""

    def _read(self) -> Any:
        size = int(self.headers.get("Content-Length") or 0)
        if size > _MAX_BYTES:
            raise _Refused(413, "too large")
        try:
            return json.loads(self.rfile.read(size))
        except ValueError as err:
            raise _Refused(400, "the body must be JSON") from err

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
