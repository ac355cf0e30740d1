"""Calls that are sent again, and answers that are no controller's."""

import json
from collections.abc import Callable

import httpx
import pytest

from controller.remote.account import Account
from controller.remote.errors import RemoteError, ShutOut, Unreachable
from controller.remote.server import Server

ACCOUNT = Account("https://vigie.example.org", "vigie_x")


def server(answer: Callable[[httpx.Request], httpx.Response]) -> Server:
    transport = httpx.MockTransport(answer)
    return Server(ACCOUNT, httpx.Client(base_url=ACCOUNT.url, transport=transport))


def test_an_order_that_was_not_answered_is_sent_again_with_its_key() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("cut")
        return httpx.Response(202, json={"id": "x"})

    assert server(answer).order("kiosks/pvp-1/commands", {"name": "ping"}) == {"id": "x"}
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_what_has_no_key_is_sent_once() -> None:
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        raise httpx.ReadError("cut")

    with pytest.raises(Unreachable, match=r"vigie\.example\.org cannot be reached: cut"):
        server(answer).post("batches", {})
    assert calls == ["/api/batches"]


def test_a_list_is_read_page_after_page() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        items = [{"id": number} for number in range(offset, min(1200, offset + limit))]
        return httpx.Response(200, json={"count": 1200, "items": items})

    assert [each["id"] for each in server(answer).all("kiosks")] == list(range(1200))
    assert len(list(server(answer).all("kiosks", limit=700))) == 700


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (409, json.dumps({"error": "wait for its end"}), RemoteError),
        (403, json.dumps({"error": "not you"}), ShutOut),
        (404, "<html>nginx</html>", Unreachable),
        (502, json.dumps(["error"]), Unreachable),
    ],
)
def test_errors_are_told_apart(status: int, body: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        server(lambda _: httpx.Response(status, text=body)).post("x", {})
