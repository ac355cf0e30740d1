"""`vigie ingest`: hears the fleet."""

import argparse
import signal

_EXAMPLES = """\
examples:
  vigie ingest                          the one ingest of an ordinary installation
  vigie ingest --name vigie-ingest-2 --shared
                                        one of several that share the fleet's reports; each needs
                                        a name, and a certificate of that name in <home>/pki
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "ingest",
        help="hear the fleet: store what kiosks say, then acknowledge it",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--name", default="vigie-ingest", help="certificate and client name")
    parser.add_argument(
        "--shared", action="store_true", help="share the reports with the other ingests"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    from django.conf import settings

    from controller.ingest.loop import Abandoned
    from controller.ingest.process import build
    from controller.ingest.reader import reader_class

    group = "ingest" if args.shared else None
    link = build(settings.VIGIE, reader_class()(args.name), args.name, group)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: link.stop())
    try:
        link.run()
    except Abandoned:
        return 1
    return 0
