"""`vigie history` and `vigie channels`."""

import argparse
import sys
from typing import TYPE_CHECKING

from controller.errors import ConfigError
from controller.remote import tables
from controller.remote.fleet import segment
from controller.remote.words import Adder, count
from controller.text import one_line

if TYPE_CHECKING:
    from controller.remote.server import Server


def register(adder: Adder) -> None:
    """Add them."""
    history = adder.add(
        "history",
        "who did what, the latest first",
        "  vigie history --limit 20\n  vigie history --subject pvp-63003-1 --action command.\n"
        "  vigie history --since 2026-11-01 --export jsonl > audit.jsonl\n",
        _history,
    )
    history.add_argument("--subject", default="", metavar="TEXT", help="a kiosk, a user, ...")
    history.add_argument("--action", default="", metavar="TEXT", help="it begins so")
    history.add_argument("--actor", default="", metavar="NAME")
    history.add_argument("--since", default="", metavar="DAY", help="from then on: 2026-11-01")
    history.add_argument("--until", default="", metavar="DAY", help="up to that day")
    history.add_argument("--export", choices=("csv", "jsonl"), help="all of it, as a file")
    history.add_argument("--limit", type=count, default=100, metavar="N", help="100 unless given")

    channels = adder.add(
        "channels",
        "the ways to reach people, and whether they work; test one",
        "  vigie channels\n  vigie channels test mail --to it@example.org\n",
        _channels,
    )
    channels.add_argument("deed", nargs="?", choices=("test",))
    channels.add_argument("channel", nargs="?", metavar="CHANNEL")
    channels.add_argument("--to", default="", metavar="ADDRESS", help="where the test goes")
    channels.add_argument("--contact", default="", metavar="CONTACT", help="or whose address")


def _history(server: "Server", args: argparse.Namespace) -> int:
    names = ("subject", "action", "actor", "since", "until")
    asked = {name: getattr(args, name) for name in names}
    if args.export:
        sys.stdout.buffer.write(server.content("audit/export", form=args.export, **asked))
        return 0
    found = list(server.all("audit", limit=args.limit, **asked))
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("at", "who", "did", "to", "why", "from"),
        [
            (
                tables.moment(each["at"]),
                each["actor"],
                each["action"],
                each["subject"],
                each["why"],
                each["address"],
            )
            for each in found
        ],
    )
    return 0


def _channels(server: "Server", args: argparse.Namespace) -> int:
    if args.deed == "test":
        return _test(server, args)
    found = server.get("channels")
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("channel", "kind", "title", "enabled", "worked", "waiting", "problem"),
        [
            (
                each["key"],
                each["kind"],
                each["title"],
                "yes" if each["is_enabled"] else "no",
                tables.moment(each["worked_at"]),
                str(each["waiting"]),
                each["problem"],
            )
            for each in found
        ],
    )
    return 0


def _test(server: "Server", args: argparse.Namespace) -> int:
    if not args.channel:
        raise ConfigError("which channel? `vigie channels` lists them")
    body = {"address": args.to, "contact": args.contact}
    answer = server.post(f"channels/{segment(args.channel)}/test", body)
    if args.json:
        tables.as_json(answer)
    else:
        print(one_line(f"{'sent' if answer['has_worked'] else 'not sent'}: {answer['answer']}"))
    return 0 if answer["has_worked"] else 1
