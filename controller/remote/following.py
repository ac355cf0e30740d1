"""A command followed to its end."""

import sys
import time
from typing import TYPE_CHECKING, Any

from contract.commands import CommandState
from controller.remote import tables
from controller.text import one_line

if TYPE_CHECKING:
    from controller.remote.server import Server

_POLL_S = 0.5


def follow(server: "Server", command: dict[str, Any]) -> dict[str, Any]:
    """Print each step as it comes; the command as it ended. It ends: orders expire."""
    told = 0
    while True:
        events = command["events"]
        for event in events[told:]:
            print(f"{command['kiosk']}  {_line(event)}".rstrip(), file=sys.stderr, flush=True)
        told = len(events)
        if command["is_final"]:
            return command
        time.sleep(_POLL_S)
        command = server.get(f"commands/{command['id']}")


def has_worked(command: dict[str, Any]) -> bool:
    """Whether it ended well."""
    return bool(command["state"] == CommandState.SUCCEEDED)


def tell(commands: list[dict[str, Any]]) -> None:
    """One line each, as far as they are."""
    tables.show(
        ("kiosk", "command", "state", "reason", "result", "id"),
        [
            (
                each["kiosk"],
                each["name"],
                each["state"],
                each["reason"],
                "; ".join(f"{name} {value}" for name, value in each["result"].items()),
                each["id"],
            )
            for each in commands
        ],
    )


def _line(event: dict[str, Any]) -> str:
    result = event["result"]
    percent = result.get("progress_percent")
    progress = f"{percent} % {result.get('step', '')}" if percent is not None else ""
    clock = tables.moment(event["received_at"])[-5:]
    return one_line(f"{clock}  {event['state']:<10} {event['reason']} {progress}").rstrip()
