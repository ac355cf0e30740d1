"""The kiosks' door, an ASGI application: the only thing a machine without a certificate can reach.

    GET  /ca.pem   -> the region's authority; the kiosk compares it with its token's fingerprint
    POST /enrol    {"token": "vgt1...", "csr": "-----BEGIN CERTIFICATE REQUEST-----...",
                    "minion_key": "-----BEGIN PUBLIC KEY-----..."}, the last of who has a minion
         200       {"kiosk", "certificate", "ca", "broker_host", "broker_port"}; with `minion_key`,
                   where there is a Salt master, also {"salt": {...}, "release_keys": {name: PEM}}
    POST /renew    {"csr": "..."}, by a kiosk that shows its present certificate (TLS)
         200       as for /enrol without `minion_key`
    POST /renewed  {}, by a kiosk that shows its new one: the one before ends
         200       {"kiosk"}
    POST /minion-key {"minion_key": "..."}, by a kiosk that shows its certificate: laid at once
         200       {"kiosk", "salt", "release_keys"}
    GET  /pillar/<kiosk>, by the Salt master that shows its certificate
         200       {"vigie": {...}}
         4xx, 503  {"error": "a plain sentence"}

It knows no session, no cookie and no page, so that nothing of the people's door is behind it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from msgspec import Meta, Struct

from controller.enrolment import minions, pillars, renewal, services
from controller.enrolment.answers import Answer, given, refusal
from controller.enrolment.failures import Failures
from controller.enrolment.minions import Exchanged
from controller.enrolment.services import Enrolled
from controller.errors import EnrolmentError, Refused, VigieError
from controller.salt import keys
from controller.salt.port import PortError

MAX_BYTES = 16_384
#: Where the scope's `state` has the certificate that the client showed (DER).
CERTIFICATE = "certificate"
_PILLAR = "/pillar/"
_KNOWN = ("/ca.pem", "/enrol", "/renew", "/renewed", "/minion-key")
_POSTED = ", ".join(_KNOWN[1:])
_BODY_S = 10.0  # a slow sender must not hold a place for long
_log = logging.getLogger("vigie.enrolment")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Request(Struct, frozen=True):
    """The body of POST /enrol."""

    token: Annotated[str, Meta(max_length=200)]
    csr: Annotated[str, Meta(max_length=12_000)]
    minion_key: Annotated[str, Meta(max_length=3_000)] | None = None


class RenewalRequest(Struct, frozen=True):
    """The body of POST /renew."""

    csr: Annotated[str, Meta(max_length=12_000)]


class MinionKeyRequest(Struct, frozen=True):
    """The body of POST /minion-key."""

    minion_key: Annotated[str, Meta(max_length=3_000)]


class Renewed(Struct, frozen=True):
    """The answer of POST /renewed."""

    kiosk: str


class Door:
    """The application. `ca_pem` is what GET /ca.pem gives, `pillar` a kiosk's for the master.

    `master` is where minions' keys are laid; None in a region without Salt.
    """

    def __init__(
        self,
        ca_pem: str,
        failures: Failures,
        pillar: pillars.Make,
        master: keys.Master | None = None,
    ) -> None:
        self._ca = Answer(200, ca_pem.encode("ascii"), b"application/x-pem-file")
        self._failures, self._pillar, self._master = failures, pillar, master

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        client = scope.get("client")
        answer = await self._answer(scope, receive, client[0] if client else "")
        headers = [
            (b"content-type", answer.kind),
            (b"content-length", str(len(answer.body)).encode("ascii")),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if answer.retry_after_s is not None:
            headers.append((b"retry-after", str(answer.retry_after_s).encode("ascii")))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive, address: str) -> Answer:
        match scope["path"], scope["method"]:
            case "/ca.pem", "GET" | "HEAD":
                return self._ca
            case "/enrol", "POST":
                return await self._exchange(_enrol, receive, address)
            case "/renew", "POST":
                return await self._exchange(_renew(_shown(scope)), receive, address)
            case "/renewed", "POST":
                return await self._exchange(_renewed(_shown(scope)), receive, address)
            case "/minion-key", "POST":
                return await self._exchange(_rekey(_shown(scope), self._master), receive, address)
            case path, "GET" if path.startswith(_PILLAR):
                return await self._pillar_of(path.removeprefix(_PILLAR), _shown(scope), address)
            case path, method if path in _KNOWN:
                return refusal(405, f"method is {method[:16]}, must be GET /ca.pem or POST")
            case _:
                return refusal(404, f"this door knows GET {_KNOWN[0]} and POST {_POSTED}")

    async def _pillar_of(self, kiosk: str, shown: bytes, address: str) -> Answer:
        if not pillars.is_for(shown):
            return self._failed(address, 403, "a pillar is given to the Salt master alone")
        return await sync_to_async(pillars.answer)(self._pillar, kiosk)

    async def _exchange(self, serve: "Serve", receive: Receive, address: str) -> Answer:
        wait_s = self._failures.wait_s(address, time.monotonic())
        if wait_s:
            seconds = int(wait_s) + 1
            text = f"too many failures from {address}: try again in {seconds} s"
            return refusal(429, text, seconds)
        try:
            async with asyncio.timeout(_BODY_S):
                body = await _body(receive)
        except TimeoutError:
            return self._failed(address, 408, f"the request took longer than {_BODY_S:.0f} s")
        if body is None:
            return self._failed(address, 413, f"the request is over {MAX_BYTES} bytes")
        try:
            found = await sync_to_async(_served, thread_sensitive=serve.is_quick)(
                serve, body, address
            )
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Without the decoder's own words: they may repeat what was sent.
            return self._failed(address, 400, serve.remedy)
        except EnrolmentError as err:
            return self._failed(address, 403, str(err))
        except Refused as err:
            return refusal(409, str(err))
        except PortError as err:
            _log.warning("a kiosk at %s: %s", address, err)
            return refusal(503, "the Salt master cannot be told just now: try again later", 10)
        except (DatabaseError, VigieError, OSError):
            _log.exception("a kiosk at %s could not be given a certificate", address)
            return refusal(503, "the controller cannot do it just now: try again later", 10)
        _log.info("kiosk %s %s from %s", found.kiosk, serve.done, address)
        return given(found)

    def _failed(self, address: str, status: int, text: str) -> Answer:
        self._failures.add(address, time.monotonic())
        _log.warning("enrolment from %s refused: %s", address, text)
        return refusal(status, text)


@dataclass(frozen=True, slots=True)
class Serve:
    """One thing this door does: (body, address) to what is answered."""

    act: Callable[[bytes, str], "Told"]
    done: str
    remedy: str
    is_quick: bool = True  # else it waits for others, and has a thread of its own


Told = Enrolled | Renewed | Exchanged


def _redeem(body: bytes, address: str) -> Enrolled:
    request = msgspec.json.decode(body, type=Request)
    return services.redeem(
        request.token, request.csr, minion_key=request.minion_key, address=address
    )


_enrol = Serve(
    _redeem, "enrolled", 'the request must be {"token": text, "csr": text, "minion_key": text}'
)


def _renew(shown: bytes) -> Serve:
    def act(body: bytes, address: str) -> Enrolled:
        request = msgspec.json.decode(body, type=RenewalRequest)
        return renewal.renew(shown, request.csr, address=address, now=datetime.now(UTC))

    return Serve(act, "was given its next certificate", 'the request must be {"csr": text}')


def _renewed(shown: bytes) -> Serve:
    def act(_body: bytes, address: str) -> Renewed:
        return Renewed(renewal.taken(shown, address=address, now=datetime.now(UTC)))

    return Serve(act, "has its new certificate", "the request must be {}")


def _rekey(shown: bytes, master: keys.Master | None) -> Serve:
    def act(body: bytes, address: str) -> Exchanged:
        request = msgspec.json.decode(body, type=MinionKeyRequest)
        return minions.exchange(
            shown, request.minion_key, master, address=address, now=datetime.now(UTC)
        )

    remedy = 'the request must be {"minion_key": text}'
    return Serve(act, "has its minion's next key on the master", remedy, is_quick=False)


def _served(serve: Serve, body: bytes, address: str) -> Told:
    close_old_connections()
    try:
        return serve.act(body, address)
    finally:
        close_old_connections()


def _shown(scope: Scope) -> bytes:
    """The client's certificate (DER), which TLS has held against our authority; empty: none."""
    shown: bytes = scope.get("state", {}).get(CERTIFICATE, b"")
    return shown


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None once it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)
