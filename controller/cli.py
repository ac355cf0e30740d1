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

#: What works on this machine, on the controller's folder, as its owner.
LOCAL = (
    "controller.processes",
    "controller.accounts.cli",
    "controller.accounts.audit_cli",
    "controller.fleet.cli",
    "controller.enrolment.cli",
    "controller.configuration.cli",
    "controller.commands.cli",
    "controller.ingest.cli",
    "controller.metrics.cli",
    "controller.rollouts.cli",
    "controller.salt.cli",
    "controller.upkeep.cli",
)
#: What asks a controller anywhere, by its API, with a token.
REMOTE = ("controller.remote.cli", "controller.completion")
#: They may be started beside a `vigie init` that is not done yet, so they wait for its tables.
LASTING = ("ingest", "worker", "web")
_EXIT = """exit status:
  0 done   1 failed or refused   2 wrong usage or configuration
  3 the controller does not answer   4 not logged in, or not permitted   130 Ctrl-C
"""
_EXAMPLES = """examples:
  vigie init --admin marie --name vigie.example.org   # lay everything a controller needs
  vigie up                                            # run broker, ingest, worker and web
  vigie fleet import kiosks.csv
  vigie enrol-token pvp-63003-1
  vigie login https://vigie.example.org && vigie alerts
  vigie COMMAND --help                                # each has its own examples
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `vigie`; returns the exit code: see `_EXIT`."""
    args = parser().parse_args(argv)
    os.environ["VIGIE_HOME"] = str(args.home.absolute())
    try:
        if not getattr(args, "without_django", False):
            _set_up(args.home.absolute(), waits=args.command in LASTING)
        return int(args.run(args))
    except ConfigError as err:
        return _said(err, 2)
    except (VigieError, ContractError) as err:
        return _said(err, getattr(err, "exit_code", 1))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # What reads us (`head`, ...) has enough; nothing is left to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def parser(commands_help: str = argparse.SUPPRESS) -> argparse.ArgumentParser:
    """All of `vigie`. Its commands are listed in two groups, which argparse itself cannot."""
    top = argparse.ArgumentParser(
        prog="vigie",
        usage="vigie [--home FOLDER] COMMAND ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"vigie {RELEASE}")
    top.add_argument(
        "--home",
        type=Path,
        default=config.home(),
        help="the controller's folder (default: $VIGIE_HOME, or /var/lib/vigie)",
    )
    commands = top.add_subparsers(
        metavar="COMMAND", dest="command", required=True, help=commands_help
    )
    local = _registered(commands, LOCAL)
    remote = _registered(commands, REMOTE)
    top.description = "\n".join(
        (
            "Keeps a region's video-counter kiosks ready for the next citizen.\n",
            "on the controller itself:",
            *local,
            "\nover the network (vigie login):",
            *remote,
        )
    )
    top.epilog = f"{_EXIT}\n{_EXAMPLES}"
    return top


def _registered(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", modules: Sequence[str]
) -> list[str]:
    """Have the modules add their commands; a line of help for each of these."""
    before = set(commands.choices)
    for name in modules:
        import_module(name).register(commands)
    # argparse keeps a command's line of help nowhere else.
    helps = {entry.dest: entry.help for entry in commands._get_subactions()}
    return [f"  {name:<13} {helps[name]}" for name in commands.choices if name not in before]


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
