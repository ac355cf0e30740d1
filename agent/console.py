"""What `vigie-agent` can be told: run, check, enrol, outbox."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.config import Config
from agent.configfile import check_credentials, load
from agent.errors import AgentError, ConfigError, StoreError
from contract import RELEASE

CONFIG = Path("/etc/vigie/agent.toml")
EXIT_FAILED, EXIT_CONFIG = 1, 2

_EXAMPLES = """examples:
  vigie-agent enrol --controller https://vigie.example.org:8443 --token vgt1....
  vigie-agent check                 # what the probes see now; needs no broker
  vigie-agent check --json | jq .verdict
  vigie-agent outbox                # what was not yet committed by the controller
  vigie-agent run                   # what systemd starts
"""


#: What a command answers: its exit status, or the kiosk that is now to be watched.
Done = int | Config


def run(argv: Sequence[str]) -> Done:
    """Run one command: its exit status (0 good, 1 failed, 2 wrong configuration) or, for `run`,
    what is to be watched by `agent.service`."""
    args = _parser().parse_args(argv)
    _log_to_stderr(args.log_level)
    try:
        command: Callable[[argparse.Namespace], Done] = args.command
        return command(args)
    except ConfigError as err:
        print(f"vigie-agent: {err}", file=sys.stderr)
        return EXIT_CONFIG
    except AgentError as err:
        print(f"vigie-agent: {err}", file=sys.stderr)
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vigie-agent",
        description="Watches one kiosk and reports to the region's controller.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=RELEASE)
    commands = parser.add_subparsers(required=True, metavar="run | check | enrol | outbox")
    _add(commands, "run", _run, "watch this kiosk until told to stop")
    check = _add(commands, "check", _check, "run every probe once and say what it found")
    check.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    enrol = _add(commands, "enrol", _enrol, "make this kiosk known to a controller")
    enrol.add_argument("--controller", required=True, metavar="URL", help="https://HOST:8443")
    enrol.add_argument("--token", required=True, help="the one-time token the controller gave")
    outbox = _add(commands, "outbox", _outbox, "what the controller has not committed yet")
    outbox.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser


def _add(
    commands: Any, name: str, command: Callable[[argparse.Namespace], Done], text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(command=command)
    parser.add_argument("--config", type=Path, default=CONFIG, help=f"default {CONFIG}")
    parser.add_argument(
        "--log-level", default="info", choices=("debug", "info", "warning", "error")
    )
    return parser


def _run(args: argparse.Namespace) -> Config:
    config = load(args.config)
    check_credentials(config)
    return config


def _check(args: argparse.Namespace) -> int:
    from agent import check

    devices, verdict = check.run(load(args.config))
    if args.json:
        found = {"devices": devices, "verdict": verdict}
        print(msgspec.json.encode(found).decode())
        return 0
    for device in devices:
        print(f"{device.health:9} {device.id:24} {' '.join(device.reasons)}".rstrip())
    because = f" because of {', '.join(verdict.because)}" if verdict.because else ""
    print(f"\n{verdict.state}{because}")
    return 0


def _enrol(args: argparse.Namespace) -> int:
    from agent.enrol import enrol

    kiosk = enrol(args.controller, args.token, args.config)
    print(f"This kiosk is {kiosk}. Start it: systemctl enable --now vigie-agent")
    return 0


def _outbox(args: argparse.Namespace) -> int:
    from agent.spool import Spool
    from agent.store import Store

    config: Config = load(args.config)
    path = config.state_dir / "agent.db"
    if not path.exists():
        raise StoreError(f"{path} is not there, must be: the agent has not run yet")
    store = Store(path, is_readonly=True)
    summary = Spool(store, config.outbox.max_bytes).summary()
    store.close()
    oldest = summary.oldest.isoformat() if summary.oldest else None
    found = {
        "epoch": summary.epoch,
        "pending": summary.pending,
        "oldest": oldest,
        "bytes": summary.size_bytes,
        "dropped": summary.dropped,
    }
    if args.json:
        print(msgspec.json.encode(found).decode())
        return 0
    for key, value in found.items():
        print(f"{key:8} {value if value not in (None, {}) else 'none'}")
    return 0


class _Lines(logging.Formatter):
    """Plain lines; in the journal with the priority it understands (sd-daemon(3))."""

    def format(self, record: logging.LogRecord) -> str:
        priority = 3 if record.levelno >= logging.ERROR else 4
        if record.levelno < logging.WARNING:
            priority = 6 if record.levelno >= logging.INFO else 7
        prefix = f"<{priority}>" if "JOURNAL_STREAM" in os.environ else f"{record.levelname}: "
        return prefix + super().format(record)


def _log_to_stderr(level: str) -> None:
    stderr = logging.StreamHandler()
    stderr.setFormatter(_Lines("%(message)s"))
    root = logging.getLogger()
    root.handlers = [stderr]
    root.setLevel(level.upper())
