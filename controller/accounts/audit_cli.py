"""`vigie audit`: who did what, as a file."""

import argparse
import io
import sys
from datetime import date

_FORMS = ("csv", "jsonl")
_EXAMPLES = """examples:
  vigie audit export > audit.csv
  vigie audit export --since 2026-11-01 --until 2026-11-30 --form jsonl
  vigie audit export --action command. --subject pvp-63003-1    # orders to one kiosk
  vigie audit export --actor marie
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `audit` to the command line."""
    parser = subparsers.add_parser(
        "audit",
        help="who did what, as a file",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="audit_action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="entries, the oldest first, to standard output")
    export.add_argument("--form", choices=_FORMS, default="csv", help="csv unless given")
    export.add_argument("--since", type=_day, metavar="DAY", help="from that day on: 2026-11-01")
    export.add_argument("--until", type=_day, metavar="DAY", help="up to that day, it included")
    export.add_argument("--actor", default="", help="who: a user's name, or cli:<login>")
    export.add_argument("--action", default="", help="what it begins with: command. , login")
    export.add_argument("--subject", default="", help="a kiosk, a user, ...")
    export.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    from controller.accounts.audit import record
    from controller.accounts.export import FORMS
    from controller.accounts.operator import operator
    from controller.accounts.selectors import AuditFilters, audit_entries

    filters = AuditFilters(args.actor, args.action, args.subject, args.since, args.until)
    make, _ = FORMS[args.form]
    record(
        action="audit.export",
        subject="audit",
        actor=operator(),
        details={
            name: str(value)
            for name in ("form", "actor", "action", "subject", "since", "until")
            if (value := getattr(args, name))
        },
    )
    if isinstance(sys.stdout, io.TextIOWrapper):  # whatever the shell's locale
        sys.stdout.reconfigure(encoding="utf-8")
    for line in make(audit_entries(filters)):
        sys.stdout.write(line)
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-01") from err
