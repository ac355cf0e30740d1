"""What a broken or hostile kiosk may say that the contract's door lets through, or nearly."""

import json
from typing import Any

EPOCH = "00000000000000aa"
NUL = "a\0b"
#: Both are times of ISO 8601, and neither is one in UTC.
FAR = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")


def report(seq: int, at: str = "2026-03-02T12:00:00Z", text: str = "") -> bytes:
    """A full report of one camera that says `text` wherever a text may stand."""
    camera = {
        "id": "camera",
        "kind": "camera",
        "health": "ok",
        "metrics": {f"m{text}": 1.0},
        "facts": {f"f{text}": text},
    }
    return _bytes(
        _durable(seq, at, text) | {"is_full": True, "devices": [camera], "verdict": _READY}
    )


def outcome(seq: int, at: str) -> bytes:
    """An outcome of a command that nobody gave."""
    command = "00000000-0000-0000-0000-000000000001"
    return _bytes(_durable(seq, at, "") | {"command": command, "state": "succeeded"})


def presence(text: str) -> bytes:
    """A birth."""
    words = {"session": EPOCH, "is_online": True, "reason": text}
    return _bytes({"at": "2026-03-02T12:00:00Z", "boot_id": text, "agent_version": text} | words)


def inventory(text: str) -> bytes:
    """What the kiosk is made of."""
    facts = {f"f{text}": text}
    return _bytes(
        {"at": "2026-03-02T12:00:00Z", "boot_id": text, "agent_version": text, "facts": facts}
    )


_READY = {"state": "ready"}


def _durable(seq: int, at: str, text: str) -> dict[str, Any]:
    return {"epoch": EPOCH, "seq": seq, "at": at, "clock_trusted": True, "boot_id": text}


def _bytes(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode()
