"""What `vigie-agent` can be told: run, check, declare, enrol, outbox, firmware."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent import wording
from agent.config import Config, Minion
from agent.configfile import check_credentials, load
from agent.errors import AgentError, ConfigError, StoreError
from agent.lines import log_to_stderr
from contract import RELEASE

CONFIG = Path("/etc/vigie/agent.toml")
EXIT_FAILED, EXIT_CONFIG = 1, 2

_EXAMPLES = """examples:
  vigie-agent enrol --controller https://vigie.example.org:8443 --token vgt1....
  vigie-agent check                 # what the probes see now; needs no broker
  vigie-agent check --json | jq .verdict
  vigie-agent check --deep          # also looks through the camera, plays a tone, scans nothing
  vigie-agent declare               # what is plugged in and not declared yet, as agent.toml has it
  vigie-agent declare --write       # add it there
  vigie-agent outbox                # what was not yet committed by the controller
  vigie-agent firmware inventory    # which firmware the peripherals have
  vigie-agent run                   # what systemd starts
"""


#: French and English.
_WORDS = {
    "enrolled": (
        "Cette borne est {}. Démarrez-la : systemctl enable --now vigie-agent",
        "This kiosk is {}. Start it: systemctl enable --now vigie-agent",
    ),
    "joined": (
        "Son minion Salt est réglé pour {}. Redémarrez-le : systemctl restart vigie-minion",
        "Its Salt minion is set up for {}. Restart it: systemctl restart vigie-minion",
    ),
    "unenrolled": (
        "{} n'existe pas : aucun périphérique déclaré, pas de contrôleur à joindre",
        "there is no {}: no peripheral is declared, no controller to reach",
    ),
    "dry": (
        "Rien n'est écrit. Pour l'ajouter à {} : vigie-agent declare --write",
        "Nothing is written. To add it to {}: vigie-agent declare --write",
    ),
    "declared": (
        "{} : ajouté {}. Vérifiez puis redémarrez l'agent : systemctl restart vigie-agent",
        "{}: added {}. Check it, then restart the agent: systemctl restart vigie-agent",
    ),
    "nothing_new": (
        "Rien de nouveau n'est branché : tout est déjà déclaré.",
        "Nothing new is plugged in: all is declared already.",
    ),
    "epoch": ("époque", "epoch"),
    "pending": ("en attente", "pending"),
    "oldest": ("le plus ancien", "oldest"),
    "bytes": ("octets", "bytes"),
    "dropped": ("perdus faute de place", "dropped for want of room"),
    "none": ("aucun", "none"),
}

#: What a command answers: its exit status, or the kiosk that is now to be watched.
Done = int | Config


def run(argv: Sequence[str]) -> Done:
    """Run one command: its exit status (0 good, 1 failed, 2 wrong configuration) or, for `run`,
    what is to be watched by `agent.service`."""
    args = _parser().parse_args(argv)
    log_to_stderr(args.log_level)
    try:
        command: Callable[[argparse.Namespace], Done] = args.command
        return command(args)
    except ConfigError as err:
        print(f"vigie-agent: {err}", file=sys.stderr)
        return EXIT_CONFIG
    except AgentError as err:
        print(f"vigie-agent: {err}", file=sys.stderr)
        return EXIT_FAILED


class _Help(argparse.RawDescriptionHelpFormatter):
    """Of a fixed width: to ask the terminal's, argparse imports shutil, bz2 and lzma for good."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vigie-agent",
        description="Watches one kiosk and reports to the region's controller.",
        epilog=_EXAMPLES,
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=RELEASE)
    commands = parser.add_subparsers(
        required=True, metavar="run | check | declare | enrol | outbox | firmware"
    )
    _add(commands, "run", _run, "watch this kiosk until told to stop")
    check = _add(commands, "check", _check, "run every probe once and say what it found")
    check.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    check.add_argument(
        "--deep", action="store_true", help="also look through cameras and listen to loudspeakers"
    )
    _add(commands, "config", _config, "is agent.toml right? measures and changes nothing")
    declare = _add(commands, "declare", _declare, "what is plugged in and not declared yet")
    declare.add_argument("--write", action="store_true", help="add it to agent.toml")
    declare.add_argument("--json", action="store_true", help="one JSON object instead of TOML")
    enrol = _add(commands, "enrol", _enrol, "make this kiosk known to a controller")
    enrol.add_argument("--controller", required=True, metavar="URL", help="https://HOST:8443")
    enrol.add_argument("--token", required=True, help="the one-time token the controller gave")
    enrol.add_argument("--no-minion", action="store_true", help="set no Salt minion up")
    enrol.add_argument(
        "--minion-folder",
        type=Path,
        default=Minion().folder,
        metavar="DIR",
        help=f"where its configuration goes, default {Minion().folder}",
    )
    outbox = _add(commands, "outbox", _outbox, "what the controller has not committed yet")
    outbox.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    firmware = _add(commands, "firmware", _firmware, "what firmware peripherals have; change it")
    firmware.add_argument(
        "verb", choices=("inventory", "plan", "apply", "update", "resume", "history")
    )
    firmware.add_argument("--release", default="", help="its name; default: the newest here")
    firmware.add_argument("--device", default="", help="of update: its id, as inventory has it")
    firmware.add_argument("--file", default="", help="of update: as the release's index has it")
    firmware.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser


def _add(
    commands: Any, name: str, command: Callable[[argparse.Namespace], Done], text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, formatter_class=_Help
    )
    parser.set_defaults(command=command)
    parser.add_argument("--config", type=Path, default=CONFIG, help=f"default {CONFIG}")
    parser.add_argument(
        "--log-level",
        default=os.environ.get("VIGIE_LOG_LEVEL", "info"),  # as a unit's drop-in sets it
        choices=("debug", "info", "warning", "error"),
    )
    return parser


def _run(args: argparse.Namespace) -> Config:
    config = load(args.config)
    check_credentials(config)
    return config


def _config(args: argparse.Namespace) -> int:
    config = load(args.config)
    count = len(config.peripherals)
    print(f"{args.config} is right: kiosk {config.kiosk}, {count} declared peripherals")
    return 0


def _load(args: argparse.Namespace) -> Config:
    """What there is to know of this kiosk, which need not be enrolled."""
    if args.config != CONFIG or CONFIG.exists():
        return load(args.config)
    print(f"vigie-agent: {_spoken('unenrolled').format(CONFIG)}", file=sys.stderr)
    return Config.unenrolled()


def _check(args: argparse.Namespace) -> int:
    from agent import check

    config = _load(args)
    devices, verdict = check.run(config, is_deep=args.deep)
    if args.json:
        found = {"devices": devices, "verdict": verdict}
        print(msgspec.json.encode(found).decode())
        return 0
    print(check.text(devices, verdict))
    return 0


def _declare(args: argparse.Namespace) -> int:
    import pyudev

    from agent import declare, discovery

    found = discovery.discover(
        pyudev.Context(), discovery.queues(), _load(args).peripherals, Path("/sys")
    )
    is_french = wording.language(os.environ) is wording.Language.FRENCH
    said = declare.text(found, declare.unsure(is_french=is_french))
    added = declare.write(args.config, found, said) if args.write and found else ()
    if args.json:
        print(msgspec.json.encode({"found": found, "added": added}).decode())
        return 0
    if not found:
        print(_spoken("nothing_new"), file=sys.stderr)
    elif args.write:
        print(_spoken("declared").format(args.config, ", ".join(added) or _spoken("none")))
    else:
        print(said, end="")
        print(_spoken("dry").format(args.config), file=sys.stderr)
    return 0


def _enrol(args: argparse.Namespace) -> int:
    from agent.enrol import enrol

    place = Minion(folder=args.minion_folder.absolute())
    said = enrol(args.controller, args.token, args.config, None if args.no_minion else place)
    print(_spoken("enrolled").format(said.kiosk))
    if said.salt is not None and not args.no_minion:
        print(_spoken("joined").format(said.salt["master"]))
    return 0


def _firmware(args: argparse.Namespace) -> int:
    from agent.firmware import cli

    return cli.main(
        args.verb,
        _load(args),
        release=args.release,
        device=args.device,
        file=args.file,
        is_json=args.json,
    )


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
    found: dict[str, Any] = {
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
        shown = ", ".join(f"{n} {name}" for name, n in value.items()) if key == "pending" else value
        print(f"{_spoken(key):24} {shown or _spoken('none')}")
    return 0


def _spoken(key: str) -> str:
    return wording.phrase(_WORDS[key], wording.language(os.environ))
