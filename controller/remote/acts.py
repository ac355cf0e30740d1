"""`vigie run`, `vigie follow` and `vigie batch`."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from contract.commands import CATALOGUE, parse_args, spec
from controller.durations import duration
from controller.errors import ConfigError, VigieError
from controller.remote import batches, following, tables
from controller.remote.confirming import confirm
from controller.remote.fleet import segment
from controller.remote.words import Adder

if TYPE_CHECKING:
    from controller.remote.server import Server

_RUN = """  vigie run ping pvp-63003-1 --wait
  vigie run print-test-page pvp-63003-1 --arg device=printer --why "after the repair"
  vigie run reboot pvp-63003-1 --why "black screen" --yes-i-mean pvp-63003-1 --wait
  vigie run fetch-logs pvp-63003-1 --wait --save logs.gz
"""
NAMES = tuple(entry.name for entry in CATALOGUE)


def register(adder: Adder) -> None:
    """Add them."""
    run = adder.add("run", "have kiosks do something, and know that it worked", _RUN, _run)
    run.add_argument("name", choices=NAMES, metavar="COMMAND", help=", ".join(NAMES))
    run.add_argument("kiosks", nargs="+", metavar="KIOSK")
    order_options(run)
    run.add_argument("--expires", type=duration, metavar="10m", help="give up if not begun by then")
    run.add_argument("--wait", action="store_true", help="follow it to its end")
    run.add_argument("--save", type=Path, metavar="FILE", help="what it fetched, with --wait")
    run.add_argument(
        "--yes-i-mean",
        action="append",
        default=[],
        metavar="KIOSK",
        help="instead of typing its name, for what is disruptive; again for several",
    )
    follow = adder.add("follow", "follow a command to its end", "  vigie follow 6f1e...\n", _follow)
    follow.add_argument("command_id", type=UUID, metavar="ID")
    batches.register(adder, NAMES, order_options, arguments)


def order_options(parser: argparse.ArgumentParser) -> None:
    """What every order takes."""
    parser.add_argument("--why", default="", metavar="TEXT", help="kept in the audit")
    parser.add_argument("--force", action="store_true", help="even while a citizen is in session")
    parser.add_argument(
        "--arg", action="append", default=[], metavar="NAME=VALUE", help="again for several"
    )


def arguments(name: str, given: list[str]) -> dict[str, Any]:
    """`["delay_s=5", "device=printer"]` in their types. Raises ConfigError, CommandError."""
    found: dict[str, Any] = {}
    for pair in given:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--arg is {pair!r}, must be NAME=VALUE")
        found[key] = _value(text)
    parse_args(name, found)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _run(server: "Server", args: argparse.Namespace) -> int:
    body = {"name": args.name, "args": arguments(args.name, args.arg), "why": args.why}
    if args.save and (not args.wait or len(args.kiosks) > 1):
        raise ConfigError("--save takes one kiosk and --wait")
    if args.force:
        body["is_forced"] = True
    if args.expires:
        body["expires_in_s"] = int(args.expires.total_seconds())
    kiosks = list(dict.fromkeys(args.kiosks))
    if spec(args.name).is_disruptive:
        confirm(args.name, kiosks, args.yes_i_mean)
    ordered, refused = _order(server, kiosks, body)
    if args.wait:
        ordered = [following.follow(server, each) for each in ordered]
    if args.json:
        tables.as_json(ordered)
    else:
        following.tell(ordered)
    if args.save and ordered and following.has_worked(ordered[0]):
        _save(server, ordered[0]["id"], args.save)
    failed = args.wait and not all(map(following.has_worked, ordered))
    return 1 if refused or failed else 0


def _order(
    server: "Server", kiosks: list[str], body: dict[str, Any]
) -> tuple[list[dict[str, Any]], int]:
    """What was ordered, and how many refused: one kiosk's refusal keeps no other from its order."""
    ordered, refused = [], 0
    for kiosk in kiosks:
        try:
            ordered.append(server.order(f"kiosks/{segment(kiosk)}/commands", body))
        except VigieError as err:
            if len(kiosks) == 1:
                raise
            print(f"vigie: {kiosk}: {err}", file=sys.stderr)
            refused += 1
    return ordered, refused


def _follow(server: "Server", args: argparse.Namespace) -> int:
    ended = following.follow(server, server.get(f"commands/{args.command_id}"))
    if args.json:
        tables.as_json(ended)
    else:
        following.tell([ended])
    return 0 if following.has_worked(ended) else 1


def _save(server: "Server", command_id: str, target: Path) -> None:
    content = server.content(f"commands/{command_id}/file")
    try:
        target.write_bytes(content)
    except OSError as err:
        raise ConfigError(f"{target} cannot be written: {err}") from err
    print(f"{len(content)} bytes in {target}", file=sys.stderr)
