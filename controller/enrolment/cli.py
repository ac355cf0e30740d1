"""`vigie enrol-token` and `vigie revoke`."""

import argparse
import json
import sys

from controller.accounts.operator import operator
from controller.durations import duration
from controller.errors import NotFound

_ENROL_EXAMPLES = """examples:
  vigie enrol-token pvp-63003-1                    # then, on the kiosk: vigie-agent enrol ...
  vigie enrol-token pvp-63003-1 exp-03190-2 --valid-for 48h
  vigie enrol-token --all --json > tokens.json     # every kiosk that has no certificate
"""
_REVOKE_EXAMPLES = """examples:
  vigie revoke pvp-63003-1 --why "stolen from the town hall on 3 May"

The kiosk's session ends at once and it cannot come back. To let it in again: vigie enrol-token.
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `enrol-token` and `revoke` to the command line."""
    token = subparsers.add_parser(
        "enrol-token",
        help="one-time tokens with which kiosks enrol",
        epilog=_ENROL_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    which = token.add_mutually_exclusive_group(required=True)
    which.add_argument("kiosk", nargs="*", default=[], metavar="KIOSK")
    which.add_argument("--all", action="store_true", help="every kiosk without a certificate")
    token.add_argument("--json", action="store_true", help='print [{"kiosk", "token"}, ...]')
    token.add_argument("--valid-for", type=duration, default="7d", help="7d unless given")
    token.set_defaults(run=_tokens)

    revoke = subparsers.add_parser(
        "revoke",
        help="take a kiosk's certificate away",
        epilog=_REVOKE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    revoke.add_argument("kiosk")
    revoke.add_argument("--why", required=True, help="for the audit")
    revoke.set_defaults(run=_revoke)


def _tokens(args: argparse.Namespace) -> int:
    from django.db import transaction

    from controller.enrolment import selectors, services

    kiosks = selectors.without_certificate() if args.all else selectors.kiosks(args.kiosk)
    with transaction.atomic():
        pairs = [
            (kiosk.id, services.make_token(kiosk, args.valid_for, actor=operator()))
            for kiosk in kiosks
        ]
    if args.json:
        print(json.dumps([{"kiosk": kiosk, "token": token} for kiosk, token in pairs], indent=1))
    else:
        for kiosk, token in pairs:
            print(f"{kiosk} {token}")
        print(f"{len(pairs)} tokens, shown once", file=sys.stderr)
    return 0


def _revoke(args: argparse.Namespace) -> int:
    from controller.enrolment import services

    if not args.why.strip():
        raise NotFound("--why is empty: say why, for the audit")
    revoked = services.revoke(args.kiosk, why=args.why, actor=operator())
    print(f"{args.kiosk}: {revoked.certificates} certificates revoked")
    if not revoked.is_broker_told:
        print(
            "no broker runs on this machine: it reads pki/crl.pem and broker/acl at its start; copy"
            " them to a broker that runs elsewhere, and reload it",
            file=sys.stderr,
        )
    elif not revoked.is_session_ended:
        print("its session could not be ended; it can say and hear nothing", file=sys.stderr)
    return 0
