"""`vigie status`, `vigie kiosks` and `vigie kiosk`."""

import argparse
from typing import TYPE_CHECKING, Any

from controller.remote import tables
from controller.remote.words import Adder

if TYPE_CHECKING:
    from controller.remote.server import Server


def register(adder: Adder) -> None:
    """Add them."""
    numbers = "the fleet and its alerts in numbers"
    adder.add("status", numbers, "  vigie status\n  vigie status --json\n", _status)
    kiosks = adder.add(
        "kiosks",
        "the kiosks and how they are",
        "  vigie kiosks\n  vigie kiosks --department 63 --readiness not-ready\n"
        "  vigie kiosks ambert --json\n",
        _kiosks,
    )
    kiosks.add_argument("words", nargs="*", help="in id, label, site or commune")
    kiosks.add_argument("--department", default="", metavar="D", help="03, 15, 43, 63, ...")
    kiosks.add_argument("--kind", default="", choices=("pvp", "expert"))
    kiosks.add_argument(
        "--readiness", default="", choices=("ready", "degraded", "not-ready", "unknown")
    )
    kiosk = adder.add(
        "kiosk",
        "one kiosk with its devices, alerts and last commands",
        "  vigie kiosk pvp-63003-1\n",
        _kiosk,
    )
    kiosk.add_argument("kiosk", metavar="KIOSK")


def _status(server: "Server", args: argparse.Namespace) -> int:
    fleet = server.get("summary")
    alerts = list(server.all("alerts", state="open"))
    if args.json:
        tables.as_json({**fleet, "alerts": _by_severity(alerts)})
        return 0
    tables.facts(
        [
            ("kiosks", f"{fleet['kiosks']}, {fleet['online']} online"),
            ("standing", _counts(fleet["by_standing"])),
            ("alerts", _counts(_by_severity(alerts)) or "none"),
            ("lost messages", str(fleet["gaps"] or "")),
        ]
    )
    return 0


def _kiosks(server: "Server", args: argparse.Namespace) -> int:
    found = list(
        server.all(
            "kiosks",
            q=" ".join(args.words),
            department=args.department,
            kind=args.kind,
            readiness=args.readiness,
        )
    )
    if args.json:
        tables.as_json(found)
        return 0
    tables.show(
        ("kiosk", "commune", "standing", "online", "last heard", "reasons"),
        [
            (
                each["id"],
                each["commune"],
                each["standing"],
                "yes" if each["is_online"] else "no",
                tables.moment(each["last_heard_at"]),
                "; ".join(each["reasons"]),
            )
            for each in found
        ],
    )
    return 0


def _kiosk(server: "Server", args: argparse.Namespace) -> int:
    one = server.get(f"kiosks/{segment(args.kiosk)}")
    alerts = list(server.all("alerts", state="open", kiosk=one["id"]))
    commands = list(server.all(f"kiosks/{one['id']}/commands", limit=5))
    if args.json:
        tables.as_json({**one, "alerts": alerts, "commands": commands})
        return 0
    said = one["status"] or {}
    tables.facts(
        [
            ("kiosk", f"{one['id']} ({one['kind']}, {one['lifecycle']})"),
            ("label", one["label"]),
            ("site", f"{one['site']['name']}, {one['site']['commune']}"),
            ("standing", one["standing"]),
            ("online", "yes" if said.get("is_online") else "no"),
            ("last heard", tables.moment(said.get("last_heard_at"))),
            ("agent", said.get("agent_version", "")),
        ]
    )
    for alert in alerts:
        print(f"alert {alert['id']}: {alert['severity']} {alert['rule']} {alert['state']}")
    print()
    tables.show(
        ("device", "kind", "health", "since", "reasons"),
        [
            (each["device"], each["kind"], each["health"], tables.moment(each["since"]),
             ", ".join(each["reasons"]))
            for each in one["devices"]
        ],
    )  # fmt: skip
    for each in commands:
        print(f"{tables.moment(each['issued_at'])}  {each['name']:<20} {each['state']}")
    return 0


def segment(text: str) -> str:
    """Text as one part of a path."""
    from urllib.parse import quote

    return quote(text, safe="")


def _by_severity(alerts: list[dict[str, Any]]) -> dict[str, int]:
    counts = dict.fromkeys(("critical", "warning", "info"), 0)
    for alert in alerts:
        counts[alert["severity"]] += 1
    return counts


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
