"""What the kiosks' door answers, as HTTP."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    kind: bytes = b"application/json"
    retry_after_s: int | None = None


def given(value: object) -> Answer:
    """What was asked for."""
    return Answer(200, msgspec.json.encode(value))


def refusal(status: int, text: str, retry_after_s: int | None = None) -> Answer:
    """Why not, in a plain sentence."""
    return Answer(status, msgspec.json.encode({"error": text}), retry_after_s=retry_after_s)
