"""`vigie alerts`, `vigie alert`, `vigie silences` and `vigie rules`."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from controller.durations import duration
from controller.errors import ConfigError
from controller.remote import tables
from controller.remote.fleet import segment
from controller.remote.words import Adder, count
from controller.text import one_line

if TYPE_CHECKING:
    from controller.remote.server import Server

_ALERT = """  vigie alert 12                                  # its story and what to do
  vigie alert 12 ack --note "on my way"
  vigie alert 12 note "paper brought by the town hall"
  vigie alert 12 silence --for 2h --why "printer at the workshop"
"""


def register(adder: Adder) -> None:
    """Add them."""
    alerts = adder.add(
        "alerts",
        "what is amiss now, or was",
        "  vigie alerts\n  vigie alerts --severity critical --department 63\n"
        "  vigie alerts --all --kiosk pvp-63003-1\n",
        _alerts,
    )
    alerts.add_argument("--all", action="store_true", help="those that are over too")
    alerts.add_argument("--severity", default="", choices=("critical", "warning", "info"))
    for name in ("kiosk", "rule", "department"):
        alerts.add_argument(f"--{name}", default="", metavar=name[0].upper())
    alerts.add_argument("--limit", type=count, default=200, metavar="N", help="200 unless given")

    alert = adder.add("alert", "one alert; acknowledge it, note, silence", _ALERT, _alert)
    alert.add_argument("alert", type=int, metavar="ID")
    alert.add_argument("deed", nargs="?", choices=("ack", "note", "silence"))
    alert.add_argument("text", nargs="?", default="", metavar="TEXT", help="of a note")
    alert.add_argument("--note", default="", metavar="TEXT", help="beside an acknowledgement")
    alert.add_argument("--for", dest="life", type=duration, metavar="2h", help="of a silence")
    alert.add_argument("--why", default="", metavar="TEXT", help="of a silence")

    silences = adder.add(
        "silences",
        "what nobody is told of, and until when; end one",
        "  vigie silences\n  vigie silences --end 3\n",
        _silences,
    )
    silences.add_argument("--past", action="store_true", help="those that have ended")
    silences.add_argument("--end", type=int, metavar="ID", help="end one before its time")

    rules = adder.add(
        "rules",
        "the rules of alerts, or one with its versions",
        "  vigie rules\n  vigie rules kiosk-offline --json\n",
        _rules,
    )
    rules.add_argument("rule", nargs="?", metavar="RULE")


def _alerts(server: "Server", args: argparse.Namespace) -> int:
    found = list(
        server.all(
            "alerts",
            limit=args.limit,
            state="" if args.all else "open",
            severity=args.severity,
            kiosk=args.kiosk,
            rule=args.rule,
            department=args.department,
        )
    )
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("id", "severity", "rule", "culprit", "state", "fired", "seen to by", "reasons"),
        [
            (
                str(each["id"]),
                each["severity"],
                each["rule"],
                each["culprit"] + (f" ({each['members']})" if each["members"] else ""),
                _state(each),
                tables.moment(each["fired_at"]),
                each["acknowledged_by"],
                ", ".join(each["reasons"]),
            )
            for each in found
        ],
    )
    return 0


def _alert(server: "Server", args: argparse.Namespace) -> int:
    if args.deed == "ack":
        one = server.post(f"alerts/{args.alert}/acknowledgement", {"note": args.note or args.text})
    elif args.deed == "note":
        one = server.post(f"alerts/{args.alert}/notes", {"note": args.text or args.note})
    else:
        one = server.get(f"alerts/{args.alert}")
    if args.deed == "silence":
        return _silence(server, one, args)
    if args.json:
        tables.as_json(one)
    elif args.deed:
        print(f"alert {one['id']}: {_state(one)}, {one['acknowledged_by'] or 'nobody'} sees to it")
    else:
        _tell(one)
    return 0


def _silence(server: "Server", one: dict[str, Any], args: argparse.Namespace) -> int:
    if args.life is None or not args.why.strip():
        raise ConfigError("a silence has an end and a reason: --for 2h --why TEXT")
    where = _where(one)
    until = datetime.now(UTC) + args.life
    made = server.post(
        "silences",
        {"rule": one["rule"], "ends_at": until.isoformat(), "why": args.why, **where},
    )
    if args.json:
        tables.as_json(made)
    else:
        print(f"silence {made['id']} until {tables.moment(made['ends_at'])}")
    return 0


def _where(one: dict[str, Any]) -> dict[str, str]:
    """What a silence of this alert covers, and no more."""
    if one["kiosk"]:
        return {"kiosk": one["kiosk"], "kind": one["kind"]}
    if one["cause"] in ("site", "department"):
        return {one["cause"]: one["culprit"]}
    return {}


def _tell(one: dict[str, Any]) -> None:
    title = one["title"] or {}
    tables.facts(
        [
            ("alert", f"{one['id']} {one['severity']} {one['rule']}"),
            ("what", title.get("en", "")),
            ("culprit", f"{one['cause']} {one['culprit']} {one['device']}".rstrip()),
            ("reasons", ", ".join(one["reasons"])),
            ("state", _state(one)),
            ("seen to by", one["acknowledged_by"]),
            ("note", one["note"]),
            ("kiosks", ", ".join(e["kiosk"] for e in one["affected"] if not e["left_at"])),
        ]
    )
    for each in one["timeline"]:
        said = "; ".join(f"{name} {value}" for name, value in each["details"].items())
        line = f"{tables.moment(each['at'])}  {each['name']:<12} {each['actor']} {said}"
        print(one_line(line).rstrip())
    if text := one["runbook"].get("technician", {}).get("en"):
        print(f"\n{text}")


def _silences(server: "Server", args: argparse.Namespace) -> int:
    if args.end is not None:
        ended = server.post(f"silences/{args.end}/end", {})
        print(f"silence {ended['id']} ended")
        return 0
    found = list(server.all("silences", active="false" if args.past else "true"))
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("id", "purpose", "covers", "from", "until", "by", "why"),
        [
            (
                str(each["id"]),
                each["purpose"],
                _covered(each) or "all",
                tables.moment(each["starts_at"]),
                tables.moment(each["ends_at"]),
                each["actor"],
                each["why"],
            )
            for each in found
        ],
    )
    return 0


def _rules(server: "Server", args: argparse.Namespace) -> int:
    if args.rule:
        key = segment(args.rule)
        one = {**server.get(f"rules/{key}"), "versions": server.get(f"rules/{key}/versions")}
        tables.as_json(one)
        return 0
    found = server.get("rules")
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("rule", "severity", "subject", "for", "when", "route", "what"),
        [
            (
                each["key"],
                each["rule"]["severity"],
                each["rule"]["match"]["subject"],
                f"{each['rule'].get('for_s', 60)} s",
                each["rule"].get("when", "open"),
                each["rule"].get("route", "default"),
                each["rule"]["title"]["en"] + (" (edited)" if each["is_edited"] else ""),
            )
            for each in found
        ],
    )
    return 0


def _covered(each: dict[str, Any]) -> str:
    parts = (each["rule"], each["kind"], each["kiosk"] or "", each["site"], each["department"])
    return " ".join(part for part in parts if part)


def _state(each: dict[str, Any]) -> str:
    hidden = ", hidden" if each["hidden_by"] else ""
    silenced = ", silenced" if each["silenced_by"] else ""
    return f"{each['state']}{hidden}{silenced}"
