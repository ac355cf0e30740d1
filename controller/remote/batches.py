"""`vigie batch`: one order to many kiosks, some at a time."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from contract.commands import spec
from controller.durations import duration
from controller.errors import ConfigError
from controller.remote import tables
from controller.remote.confirming import confirm
from controller.remote.words import Adder

if TYPE_CHECKING:
    from controller.remote.server import Server

_EXAMPLES = """  vigie batch run restart-agent --department 63 --dry-run
  vigie batch run restart-agent --department 63 --why "new settings" --at-a-time 5 --pause 30s
  vigie batch run reboot pvp-1 pvp-2 --why "kernel" --yes-i-mean 2 --wait
  vigie batch list
  vigie batch show ID        # also pause, resume, abort
"""
_POLL_S = 1.0


def register(
    adder: Adder,
    names: Sequence[str],
    order_options: Callable[[argparse.ArgumentParser], None],
    arguments: Callable[[str, list[str]], dict[str, Any]],
) -> None:
    """Add it."""
    parser = adder.plain("batch", "one command to many kiosks, some at a time", _EXAMPLES)
    deeds = parser.add_subparsers(metavar="ACTION", required=True, dest="batch_action")
    run = deeds.add_parser("run", help="begin one, or with --dry-run say what would happen")
    run.add_argument("name", choices=names, metavar="COMMAND", help=", ".join(names))
    run.add_argument("kiosks", nargs="*", metavar="KIOSK")
    run.add_argument("--department", metavar="D", help="all of its kiosks")
    order_options(run)
    run.add_argument("--at-a-time", type=int, default=1, metavar="N", help="1 unless given")
    run.add_argument("--pause", type=duration, metavar="1m", help="between two; 1m unless given")
    run.add_argument(
        "--stop-after", type=int, default=1, metavar="N", help="failures; 0: never. 1 unless given"
    )
    run.add_argument("--dry-run", action="store_true", help="change nothing")
    run.add_argument("--wait", action="store_true", help="follow it to its end")
    run.add_argument(
        "--yes-i-mean", default="", metavar="N", help="how many kiosks, for what is disruptive"
    )
    adder.runs(run, lambda server, args: _run(server, args, arguments))
    adder.runs(deeds.add_parser("list", help="the latest"), _list)
    for word, text in (
        ("show", "how far each kiosk is"),
        ("pause", "no further orders for now"),
        ("resume", "go on"),
        ("abort", "no further orders at all"),
    ):
        deed = deeds.add_parser(word, help=text)
        deed.add_argument("batch", type=UUID, metavar="ID")
        deed.add_argument("--why", default="", metavar="TEXT", help="kept in the audit")
        adder.runs(deed, _show if word == "show" else _move)
    for each in deeds.choices.values():
        each.add_argument("--json", action="store_true", help="as the API says it")


def _run(
    server: "Server",
    args: argparse.Namespace,
    arguments: Callable[[str, list[str]], dict[str, Any]],
) -> int:
    kiosks = _kiosks(server, args)
    body = {
        "kiosks": kiosks,
        "name": args.name,
        "args": arguments(args.name, args.arg),
        "why": args.why,
        "is_forced": args.force,
        "at_a_time": args.at_a_time,
        "stop_after_failures": args.stop_after,
    }
    if args.pause is not None:
        body["pause_s"] = int(args.pause.total_seconds())
    if args.dry_run:
        _plan(server.post("batches/plan", body), is_json=args.json)
        return 0
    if spec(args.name).is_disruptive:
        confirm(f"{args.name} of {len(kiosks)} kiosks", [str(len(kiosks))], [args.yes_i_mean])
    made = server.post("batches", body)
    print(f"batch {made['id']}", file=sys.stderr, flush=True)
    ended = _follow(server, made) if args.wait else made
    _tell(ended, is_json=args.json)
    return 0 if not args.wait or (ended["state"] == "done" and not _failed(ended)) else 1


def _kiosks(server: "Server", args: argparse.Namespace) -> list[str]:
    found = list(args.kiosks)
    if args.department:
        found += [each["id"] for each in server.all("kiosks", department=args.department)]
    if not found:
        raise ConfigError("no kiosks: name them, or a --department that has some")
    return list(dict.fromkeys(found))


def _follow(server: "Server", batch: dict[str, Any]) -> dict[str, Any]:
    """Print how far it is whenever that changes, until it is over or waits for a person."""
    told = ""
    while True:
        line = f"{batch['state']}: {_progress(batch)}"
        if line != told:
            print(line, file=sys.stderr, flush=True)
            told = line
        if batch["ended_at"] or batch["state"] in ("paused", "stopped"):
            return batch
        time.sleep(_POLL_S)
        batch = server.get(f"batches/{batch['id']}")


def _list(server: "Server", args: argparse.Namespace) -> int:
    found = list(server.all("batches", limit=100))
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("id", "command", "state", "begun", "by", "why"),
        [
            (each["id"], each["name"], each["state"], tables.moment(each["created_at"]),
             each["actor"], each["why"])
            for each in found
        ],
    )  # fmt: skip
    return 0


def _show(server: "Server", args: argparse.Namespace) -> int:
    _tell(server.get(f"batches/{args.batch}"), is_json=args.json)
    return 0


def _move(server: "Server", args: argparse.Namespace) -> int:
    moved = server.post(f"batches/{args.batch}/{args.batch_action}", {"why": args.why})
    _tell(moved, is_json=args.json)
    return 0


def _plan(plan: dict[str, Any], *, is_json: bool) -> None:
    if is_json:
        tables.as_json(plan)
        return
    rows = [(kiosk, "at once", "") for kiosk in plan["would_get"]]
    rows += [(kiosk, "later", why) for kiosk, why in plan["would_wait"].items()]
    rows += [(kiosk, "refused", why) for kiosk, why in plan["would_be_refused"].items()]
    tables.show(("kiosk", "would be", "because"), rows)
    print("dry run: nothing was ordered", file=sys.stderr)


def _tell(batch: dict[str, Any], *, is_json: bool) -> None:
    if is_json:
        tables.as_json(batch)
        return
    print(f"batch {batch['id']} {batch['name']} {batch['state']}: {_progress(batch)}")
    tables.show(
        ("kiosk", "state", "reason", "command"),
        [
            (each["kiosk"], each["state"], each["reason"], each["command"] or "")
            for each in batch["items"]
        ],
    )


def _progress(batch: dict[str, Any]) -> str:
    states = [each["state"] for each in batch["items"]]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))


def _failed(batch: dict[str, Any]) -> bool:
    return any(each["state"] != "succeeded" for each in batch["items"])
