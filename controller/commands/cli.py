"""`vigie reboot`: the order, and its life as it comes."""

import argparse
import sys
import time
from uuid import UUID

from controller.accounts.operator import operator
from controller.durations import duration
from controller.text import one_line

_EXAMPLES = """examples:
  vigie reboot pvp-63003-1 --why "écran noir"
  vigie reboot pvp-63003-1 --why "écran noir" --wait      # until it is back; exit 0 only then
  vigie reboot pvp-63003-1 --why "mise à jour" --expires 2h --delay 5m
"""
_POLL_S = 0.25


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `reboot` to the command line."""
    parser = subparsers.add_parser(
        "reboot",
        help="reboot a kiosk, and know that it worked",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kiosk")
    parser.add_argument("--why", required=True, metavar="TEXT", help="kept in the audit")
    parser.add_argument(
        "--expires", type=duration, metavar="10m", help="give up when not begun by then (10m)"
    )
    parser.add_argument("--delay", type=duration, metavar="5m", help="reboot that much later")
    parser.add_argument("--force", action="store_true", help="even while a citizen is in session")
    parser.add_argument("--wait", action="store_true", help="follow it to its end")
    parser.set_defaults(run=_reboot)


def _reboot(args: argparse.Namespace) -> int:
    from controller.commands.services import order
    from controller.fleet.models import Kiosk

    command = order(
        kiosk=Kiosk(pk=args.kiosk),
        name="reboot",
        args={"delay_s": int(args.delay.total_seconds())} if args.delay else {},
        user=None,
        actor=operator(),
        why=args.why,
        expires_in_s=int(args.expires.total_seconds()) if args.expires else None,
        is_forced=args.force,
    )
    print(f"command {command.pk}", flush=True)
    return _follow(command.pk) if args.wait else 0


def _follow(command_id: UUID) -> int:
    """Print each step as it comes; 0 when it succeeded, else 1."""
    from django.utils import timezone

    from contract.commands import CommandState
    from controller.commands import selectors
    from controller.commands.words import reason_text

    told = 0
    while True:
        command = selectors.command(command_id)
        events = list(command.events.all())
        for event in events[told:]:
            at = timezone.localtime(event.received_at)
            line = f"{at:%H:%M:%S} {event.state:<10} {reason_text(event.reason)}"
            print(one_line(line).rstrip(), flush=True)
        told = len(events)
        state = CommandState(command.state)
        if state.is_final:
            for name, value in command.result.items():
                print(one_line(f"  {name}: {value}"))
            if state is not CommandState.SUCCEEDED:
                print(f"reboot of {command.kiosk_id}: {state}", file=sys.stderr)
            return 0 if state is CommandState.SUCCEEDED else 1
        time.sleep(_POLL_S)
