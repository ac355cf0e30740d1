"""The command `vigie`: finds the subcommand, sets Django up for it, says errors in one line."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from contract import RELEASE
from contract.errors import ContractError
from controller import config
from controller.errors import ConfigError, VigieError

MODULES = (
    "controller.processes",
    "controller.accounts.cli",
    "controller.accounts.audit_cli",
    "controller.fleet.cli",
    "controller.enrolment.cli",
    "controller.commands.cli",
    "controller.ingest.cli",
    "controller.metrics.cli",
    "controller.upkeep.cli",
)
#: They may be started beside a `vigie init` that is not done yet, so they wait for its tables.
LASTING = ("ingest", "worker", "web")
_EXAMPLES = """examples:
  vigie init --admin marie --name vigie.example.org   # lay everything a controller needs
  vigie up                                            # run broker, ingest, worker and web
  vigie fleet import kiosks.csv
  vigie enrol-token pvp-63003-1
  vigie COMMAND --help                                # each has its own examples
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `vigie`; returns the exit code: 0 done, 1 could not, 2 wrong configuration or usage."""
    args = _parser().parse_args(argv)
    os.environ["VIGIE_HOME"] = str(args.home.absolute())
    try:
        if not getattr(args, "without_django", False):
            _set_up(args.home.absolute(), waits=args.command in LASTING)
        return int(args.run(args))
    except ConfigError as err:
        return _said(err, 2)
    except (VigieError, ContractError) as err:
        return _said(err, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # What reads us (`head`, ...) has enough; nothing is left to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vigie",
        description="Keeps a region's video-counter kiosks ready for the next citizen.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"vigie {RELEASE}")
    parser.add_argument(
        "--home",
        type=Path,
        default=config.home(),
        help="the controller's folder (default: $VIGIE_HOME, or /var/lib/vigie)",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for name in MODULES:
        import_module(name).register(subparsers)
    return parser


def _set_up(home: Path, *, waits: bool) -> None:
    from controller import foundation

    foundation.require_initialised(home)
    foundation.set_up_django()
    logging.captureWarnings(capture=True)
    if waits:
        foundation.await_migrations()


def _said(err: Exception, code: int) -> int:
    print(f"vigie: {err}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
