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
from pathlib import Path
from typing import Any

from simulator.salt.beyond import Beyond
from simulator.salt.master import Job, Master
from simulator.salt.minion import Answer
from simulator.salt.serving import Refused, Server

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
_TOKEN_S = 43_200.0
_PULSE_S = 1.0


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
        self._server = Server((door.host, door.port), self, context)
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
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    def login(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A token for whoever knows the password."""
        is_known = hmac.compare_digest(str(given.get("username")), self._door.user)
        if not (is_known and hmac.compare_digest(str(given.get("password")), self._door.password)):
            raise Refused(401, "Could not authenticate using provided credentials")
        token, now = secrets.token_hex(20), time.time()
        self._tokens[token] = now + _TOKEN_S
        return {"token": token, "start": now, "expire": now + _TOKEN_S, "user": self._door.user}

    def require(self, token: str) -> None:
        """Raises Refused for a token that is none, or is over."""
        if self._tokens.get(token, 0.0) < time.time():
            raise Refused(401, "No permission -- see authorization schemes")

    def call(self, chunk: Mapping[str, Any]) -> object:
        """One call of a lowstate."""
        if self._master.is_down:
            raise Refused(500, "Salt request timed out. The master is not responding.")
        match chunk.get("client"):
            case "local_async":
                return self._submit(chunk)
            case "runner":
                return self._runner(str(chunk.get("fun")), chunk)
        raise Refused(400, "client is not enabled")

    def _submit(self, chunk: Mapping[str, Any]) -> dict[str, Any]:
        function, targets = str(chunk.get("fun")), chunk.get("tgt")
        if function not in ALLOWED and not function.startswith("test."):
            raise Refused(401, "Authorization error occurred.")
        if not isinstance(targets, list) or chunk.get("tgt_type") != "list":
            raise Refused(400, "this master takes targets as a list only")
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
        is_key = function in ("vigie_keys.accept", "vigie_keys.remove")
        if is_key and self._beyond is not None and not is_ours:
            return self._beyond.call(chunk)
        match function:
            case "jobs.list_job":
                return self._listed(str(given.get("jid")), chunk)
            case "vigie_keys.accept":
                self._master.accept(str(given["kiosk"]), str(given["public_key"]))
                return True
            case "vigie_keys.accepted":
                there = self._beyond.call(chunk) if self._beyond is not None else []
                return sorted({*self._master.accepted(), *there})
            case "vigie_keys.remove":
                self._master.remove(str(given["kiosk"]))
                return True
        raise Refused(401, "Authorization error occurred.")

    def _listed(self, jid: str, chunk: Mapping[str, Any]) -> dict[str, Any]:
        job = self._master.job(jid)
        there = self._beyond.call(chunk) if self._beyond is not None else {}
        if job is None:
            error = {"Error": "Cannot contact returner or no job with this jid", "Result": {}}
            return there or {"jid": jid, **error}
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
                    tell(": nothing new\n\n")  # a real one tells of our own calls meanwhile
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
