"""`vigie pillar`: what the Salt master is given for a kiosk."""

import argparse
import json

_EXAMPLES = """examples:
  vigie pillar pvp-63003-1                # as JSON, which is YAML too; secrets are masks
  vigie pillar pvp-63003-1 --secrets      # as the master is given it
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add it to the command line."""
    parser = subparsers.add_parser(
        "pillar",
        help="the configuration that Salt applies on a kiosk",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kiosk", metavar="KIOSK")
    parser.add_argument("--secrets", action="store_true", help="show secrets, too")
    parser.set_defaults(run=_show)


def _show(args: argparse.Namespace) -> int:
    from controller.configuration.pillar import shown

    found = shown(args.kiosk, with_secrets=args.secrets)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0
