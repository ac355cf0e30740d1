"""`vigie fleet`: the fleet as a table, and its import from CSV."""

import argparse
import json
import sys
from pathlib import Path

from controller.accounts.operator import operator

_EXAMPLES = """examples:
  vigie fleet                                   # all kiosks, those who need a hand first
  vigie fleet --department 63 --needs-hand
  vigie fleet --json | jq '.kiosks[] | select(.standing == "not-ready") | .id'
  vigie fleet import kiosks.csv --services services.csv --dry-run
"""
_COLUMNS = """columns of FILE (comma, semicolon or tab; UTF-8; first line names them, in any order):
  kiosk          its id: lower-case letters, digits and hyphens
  kind           pvp or expert
  lifecycle      planned, active, maintenance or retired; active when empty
  label          free text
  services       codes of the services it reaches, separated by ;
  site           code of its site; lines of one site say the same of it
  site_name, host_type (town-hall, post-office, service-house, tourist-office, public-service),
  commune, insee, department, latitude, longitude, opening_hours, contact, provider

columns of the services' file: code, name

All is imported or nothing. Kiosks, sites and services that the files do not name stay as they are.
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `fleet` to the command line."""
    parser = subparsers.add_parser(
        "fleet",
        help="the kiosks and how they are; import them",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--department", metavar="D", default="", help="only this one: 03, 15, ...")
    parser.add_argument(
        "--needs-hand", action="store_true", help="only those that somebody should look at"
    )
    parser.set_defaults(run=_show)
    actions = parser.add_subparsers(metavar="ACTION")
    bring = actions.add_parser(
        "import",
        help="import sites and kiosks from a CSV file",
        epilog=_COLUMNS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--services", type=Path, metavar="FILE", help="code and name of services")
    bring.add_argument(
        "--dry-run", action="store_true", help="say what would change, change nothing"
    )
    bring.set_defaults(run=_import)


def _show(args: argparse.Namespace) -> int:
    from django.utils import timezone

    from controller.fleet.listing import Wanted, kiosks, worst_first

    rows = worst_first(kiosks(Wanted(department=args.department)), timezone.now())
    if args.needs_hand:
        rows = [row for row in rows if row.standing.needs_hand]
    if args.json:
        print(json.dumps({"kiosks": [row.as_dict() for row in rows]}, ensure_ascii=False))
        return 0
    line = "{:<24} {:<28} {:<10} {:<9} {:<6} {:<16} {}"
    print(
        line.format("kiosk", "commune", "standing", "readiness", "online", "last heard", "reasons")
    )
    for row in rows:
        at = row.last_heard_at
        cells = (
            row.id,
            row.commune[:28],
            row.standing,
            row.readiness,
            "yes" if row.is_online else "no",
            f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "never",
            "; ".join(row.reasons),
        )
        print(line.format(*cells).rstrip())
    print(f"{len(rows)} kiosks", file=sys.stderr)
    return 0


def _import(args: argparse.Namespace) -> int:
    from controller.fleet.importing import bring
    from controller.fleet.tables import read

    services = read(args.services) if args.services else None
    outcome = bring(
        kiosks=read(args.file), services=services, actor=operator(), is_dry_run=args.dry_run
    )
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    for line in outcome.lines():
        print(line)
    if outcome.problems:
        print(f"{len(outcome.problems)} errors: nothing was imported", file=sys.stderr)
        return 1
    print("dry run: nothing was changed" if args.dry_run else "imported")
    return 0
