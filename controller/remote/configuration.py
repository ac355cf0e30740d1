"""`vigie configuration`: its layers, their history, and what holds for a kiosk."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from controller.errors import ConfigError
from controller.remote import settings, tables
from controller.remote.fleet import segment
from controller.remote.words import Adder

if TYPE_CHECKING:
    from controller.remote.server import Server

_EXAMPLES = """  vigie configuration list                       # who says something
  vigie configuration show site/ambert           # also region, department/63, kiosk/pvp-63003-1
  vigie configuration set site/ambert journal.max_mb=100 --why "small disk"
  vigie configuration set site/ambert --inherit journal.max_mb --why "new disk"
  vigie configuration set region udev.reader=null --why "none left" --dry-run
  vigie configuration set site/ambert network.wifi.hall.password=@password.txt --why "new one"
  vigie configuration edit site/ambert --why "two printers"     # in $EDITOR
  vigie configuration history site/ambert
  vigie configuration diff 12
  vigie configuration revert 12 --why "as before"
  vigie configuration effective pvp-63003-1      # all that holds for it, and who says it
  vigie configuration pending                    # kiosks that wait for a rollout
"""
_ROLLOUT = "no kiosk is changed by this: a rollout brings it to them"


def register(adder: Adder) -> None:
    """Add it."""
    parser = adder.plain("configuration", "what kiosks are configured to be", _EXAMPLES)
    deeds = parser.add_subparsers(metavar="ACTION", required=True, dest="configuration_action")
    adder.runs(deeds.add_parser("list", help="the layers that say something"), _list)
    adder.runs(deeds.add_parser("pending", help="kiosks that wait for a rollout"), _pending)
    adder.runs(deeds.add_parser("schema", help="the JSON Schema of a layer"), _schema)
    show = adder.runs(deeds.add_parser("show", help="what a layer says"), _show)
    put = adder.runs(deeds.add_parser("set", help="have a layer say something"), _set)
    put.add_argument("layer", type=layer, metavar="LAYER")
    put.add_argument("values", nargs="*", metavar="NAME=VALUE", help="as JSON, or text, or @FILE")
    put.add_argument(
        "--inherit", action="append", default=[], metavar="NAME", help="say no more; again for more"
    )
    edit = adder.runs(deeds.add_parser("edit", help="change a layer in $EDITOR"), _edit)
    history = adder.runs(deeds.add_parser("history", help="how a layer became so"), _history)
    for each in (show, edit, history):
        each.add_argument("layer", type=layer, metavar="LAYER")
    for each in (put, edit):
        each.add_argument("--dry-run", action="store_true", help="say what it would change")
    diff = adder.runs(deeds.add_parser("diff", help="what a revision changed"), _diff)
    diff.add_argument("--since", type=int, metavar="N", help="than this one; its predecessor")
    revert = adder.runs(deeds.add_parser("revert", help="go back to a revision"), _revert)
    for each in (diff, revert):
        each.add_argument("revision", type=int, metavar="N")
    for each in (put, edit, revert):
        each.add_argument("--why", default="", metavar="TEXT", help="kept in history and audit")
    effective = adder.runs(deeds.add_parser("effective", help="all that holds for a kiosk"), _whole)
    effective.add_argument("kiosk", metavar="KIOSK")
    effective.add_argument("--newest", action="store_true", help="as a rollout would bring it")
    for each in deeds.choices.values():
        each.add_argument("--json", action="store_true", help="as the API says it")


def layer(text: str) -> str:
    """A layer's path in the API, as argparse's `type=`.

    >>> layer("site/ambert"), layer("region")
    ('configuration/layers/site/ambert', 'configuration/layers/region/-')
    """
    scope, _, place = text.partition("/")
    if (scope == "region") is not (not place) or scope not in _SCOPES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no layer: region, department/63, site/CODE or kiosk/ID"
        )
    return f"configuration/layers/{scope}/{segment(place) if place else '-'}"


_SCOPES = ("region", "department", "site", "kiosk")


def _list(server: "Server", args: argparse.Namespace) -> int:
    found = server.get("configuration/layers")
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("layer", "revision", "at", "by", "why"),
        [
            (
                _name(each),
                str(each["revision"]),
                tables.moment(each["at"]),
                each["actor"],
                each["why"],
            )
            for each in found
        ],
    )
    return 0


def _show(server: "Server", args: argparse.Namespace) -> int:
    found = server.get(args.layer)
    if args.json:
        tables.as_json(found)
        return 0
    said = settings.flat(found["document"])
    tables.show(("setting", "value"), [(".".join(path), _value(each)) for path, each in said])
    return 0


def _set(server: "Server", args: argparse.Namespace) -> int:
    if not args.values and not args.inherit:
        raise ConfigError("nothing to set: give NAME=VALUE, or --inherit NAME")
    found, etag = server.stamped(args.layer)
    document = settings.changed(found["document"], args.values, args.inherit)
    return _save(server, args, document, etag)


def _edit(server: "Server", args: argparse.Namespace) -> int:
    found, etag = server.stamped(args.layer)
    document = settings.edited(found["document"])
    if document == found["document"]:
        print("nothing is changed", file=sys.stderr)
        return 0
    return _save(server, args, document, etag)


def _save(server: "Server", args: argparse.Namespace, document: dict[str, Any], etag: str) -> int:
    if args.dry_run:
        would = server.post(f"{args.layer}/trial", {"document": document})
        if args.json:
            tables.as_json(would)
        else:
            _differences(would["differences"])
            _facts(would)
        return 1 if would["broken"] else 0
    if not args.why.strip():
        raise ConfigError("say why it is changed: --why TEXT")
    saved = server.put(args.layer, {"document": document, "why": args.why}, etag)
    if args.json:
        tables.as_json(saved)
    else:
        print(f"{_name(saved)} is at revision {saved['revision']}; {_ROLLOUT}")
    return 0


def _facts(would: dict[str, Any]) -> None:
    broken = [f"{kiosk}: {'; '.join(each)}" for kiosk, each in would["broken"].items()]
    tables.facts(
        [
            ("would change", f"{len(would['changes'])} kiosks: {' '.join(would['changes'][:20])}"),
            ("would break", " | ".join(broken)),
        ]
    )


def _history(server: "Server", args: argparse.Namespace) -> int:
    found = list(server.all(f"{args.layer}/history"))
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("revision", "at", "by", "why", "as in"),
        [
            (
                str(each["revision"]),
                tables.moment(each["at"]),
                each["actor"],
                each["why"],
                str(each["reverts_to"] or ""),
            )
            for each in found
        ],
    )
    return 0


def _diff(server: "Server", args: argparse.Namespace) -> int:
    path = f"configuration/revisions/{args.revision}/differences"
    found = server.get(path, since=args.since)
    if args.json:
        tables.as_json(found)
    else:
        _differences(found)
    return 0


def _revert(server: "Server", args: argparse.Namespace) -> int:
    if not args.why.strip():
        raise ConfigError("say why it goes back: --why TEXT")
    path = f"configuration/revisions/{args.revision}/revert"
    saved = server.post(path, {"why": args.why})
    if args.json:
        tables.as_json(saved)
    else:
        print(f"{_name(saved)} is at revision {saved['revision']}; {_ROLLOUT}")
    return 0


def _whole(server: "Server", args: argparse.Namespace) -> int:
    as_of = "newest" if args.newest else "assigned"
    found = server.get(f"configuration/kiosks/{segment(args.kiosk)}", as_of=as_of)
    if args.json:
        tables.as_json(found)
        return 0
    sources = {tuple(each["path"]): _name(each) for each in found["sources"]}
    tables.show(
        ("setting", "value", "said by"),
        [
            (".".join(path), _value(each), sources.get(path, "default"))
            for path, each in settings.flat(found["document"])
        ],
    )
    if found["is_pending"]:
        print("something newer is written for it: see --newest", file=sys.stderr)
    return 0


def _pending(server: "Server", args: argparse.Namespace) -> int:
    found = list(server.all("configuration/pending"))
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("kiosk", "revision", "since"),
        [
            (each["kiosk"], str(each["revision"] or "-"), tables.moment(each["since"]))
            for each in found
        ],
    )
    return 0


def _schema(server: "Server", _: argparse.Namespace) -> int:
    tables.as_json(server.get("configuration/schema"))
    return 0


def _differences(found: list[dict[str, Any]]) -> None:
    rows = []
    for each in found:
        before = "inherited" if each["kind"] == "said" else _value(each["before"])
        after = "inherited" if each["kind"] == "dropped" else _value(each["after"])
        rows.append((".".join(each["path"]), before, after))
    tables.show(("setting", "before", "after"), rows)


def _name(each: dict[str, Any]) -> str:
    return f"{each['scope']}/{each['place']}" if each["place"] else str(each["scope"])


def _value(value: Any) -> str:
    return value if isinstance(value, str) else settings.text(value)
