"""`vigie-simulator`: a fleet made of software, on the real broker."""

import argparse
import json
import logging
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import EnrolError, SimulatorError
from simulator.schedule import Level

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.salt.beyond import Beyond

_RUN = """\
example:
  vigie-simulator run --pki .demo/fleet --kiosks simulator/region.csv --broker localhost:8883
  vigie-simulator run --pki fleet --kiosks fleet.csv --broker localhost:8883 \\
      --faults many --speed 60 --status-file fleet.json
"""
_ENROL = """\
example:
  vigie enrol-token --all --json > tokens.json
  vigie-simulator enrol --door https://localhost:8443 --tokens tokens.json --pki fleet
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0; 1 with one line on stderr saying what is wrong; 2 for wrong usage."""
    args = _parser().parse_args(argv)
    logging.basicConfig(level=args.log_level.upper(), format="%(asctime)s %(message)s")
    try:
        status: int = args.action(args)
    except SimulatorError as err:
        print(f"vigie-simulator: {err}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vigie-simulator", description=__doc__)
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warning"))
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    raw = argparse.RawDescriptionHelpFormatter
    run = actions.add_parser("run", help="run the fleet", epilog=_RUN, formatter_class=raw)
    run.add_argument("--pki", type=Path, required=True, metavar="DIR", help="made by enrol")
    run.add_argument("--kiosks", type=Path, required=True, metavar="FILE", help="fleet's CSV")
    run.add_argument("--broker", type=_endpoint, required=True, metavar="HOST:PORT")
    run.add_argument(
        "--leave-out", action="append", default=[], metavar="KIOSK", help="not simulated"
    )
    run.add_argument("--seed", type=int, default=2009, help="same seed, same life")
    run.add_argument("--speed", type=_positive, default=1.0, help="fleet's seconds in one of ours")
    run.add_argument("--faults", type=Level, choices=list(Level), default=Level.SOME)
    run.add_argument("--keepalive", type=int, default=60, metavar="SECONDS")
    run.add_argument("--will-delay", type=int, default=5, metavar="SECONDS")
    run.add_argument("--spread", type=float, default=0.0, metavar="SECONDS", help="to dial all")
    run.add_argument("--status-file", type=Path, metavar="FILE", help="JSON, kept up to date")
    run.add_argument(
        "--outages", type=Path, metavar="FILE", help="JSON, read as it changes: lines to cut"
    )
    salt = run.add_argument_group("the minions of the fleet, behind an API like salt-api's")
    salt.add_argument("--salt", type=_endpoint, metavar="HOST:PORT", help="where it listens")
    salt.add_argument("--salt-certificate", type=Path, metavar="FILE", help="PEM")
    salt.add_argument("--salt-key", type=Path, metavar="FILE", help="PEM")
    salt.add_argument("--salt-password-file", type=Path, metavar="FILE", help="of user vigie")
    salt.add_argument(
        "--salt-effects", type=Path, metavar="FILE", help="JSON, read as it changes: what breaks"
    )
    salt.add_argument("--salt-beyond", metavar="URL", help="a real salt-api, for other kiosks")
    salt.add_argument("--salt-beyond-ca", type=Path, metavar="FILE", help="its authority, PEM")
    run.set_defaults(action=_run)
    enrol = actions.add_parser("enrol", help="get certificates", epilog=_ENROL, formatter_class=raw)
    enrol.add_argument("--door", required=True, metavar="URL", help="https://HOST:PORT")
    enrol.add_argument("--tokens", type=Path, required=True, metavar="FILE", help="JSON")
    enrol.add_argument("--pki", type=Path, required=True, metavar="DIR", help="where to keep them")
    enrol.set_defaults(action=_enrol)
    return parser


def _run(args: argparse.Namespace) -> int:
    from agent.loop import Loop
    from simulator import region
    from simulator.clock import Clock
    from simulator.fleet import Fleet
    from simulator.kiosk import furnish
    from simulator.link import Broker
    from simulator.outages import Outages

    places = region.read(args.kiosks, args.leave_out)
    _allow_files(len(places))
    started = datetime.now(UTC).isoformat()
    kiosks = [
        furnish(place.kiosk, place.kind, args.seed, args.faults, started, args.speed)
        for place in places
    ]
    host, port = args.broker
    loop = Loop()
    fleet = Fleet(
        kiosks,
        args.pki,
        Broker(host, port, args.keepalive, args.will_delay),
        clock=Clock(args.speed),
        loop=loop,
        status_file=args.status_file,
        outages=Outages(args.outages) if args.outages is not None else None,
    )
    loop.on_terminate(fleet.stop)
    with _salt(args, fleet):
        fleet.run(args.spread)
    loop.close()
    return 0


@contextmanager
def _salt(args: argparse.Namespace, fleet: "Fleet") -> Iterator[None]:
    """The fleet's minions, while it runs, if they are wanted."""
    if args.salt is None:
        yield
        return
    from simulator.salt.api import Door, SaltApi
    from simulator.salt.effects import Effects
    from simulator.salt.master import Master

    try:
        password = args.salt_password_file.read_text().strip()
        host, port = args.salt
        door = Door(host, port, args.salt_certificate, args.salt_key, "vigie", password)
        master = Master(fleet, Effects(args.salt_effects))
        api = SaltApi(master, door, _beyond(args, password))
    except (OSError, AttributeError, TypeError) as err:
        raise SimulatorError(
            "--salt needs --salt-certificate, --salt-key, --salt-password-file and a free port:"
            f" {err}"
        ) from err
    api.start()
    try:
        yield
    finally:
        api.stop()
        master.stop()


def _beyond(args: argparse.Namespace, password: str) -> "Beyond | None":
    from simulator.salt.beyond import Beyond

    if args.salt_beyond is None:
        return None
    return Beyond(args.salt_beyond, args.salt_beyond_ca, "vigie", password)


def _enrol(args: argparse.Namespace) -> int:
    from simulator.enrol import enrol

    def tell(done: int, of: int) -> None:
        if done % 10 == 0 or done == of:
            print(f"{done} of {of} kiosks enrolled", flush=True)

    try:
        rows = json.loads(args.tokens.read_bytes())
        tokens = {str(row["kiosk"]): str(row["token"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise EnrolError(
            f'{args.tokens} must be a JSON list of {{"kiosk", "token"}}: {err!r}'
        ) from err
    enrol(args.door, tokens, args.pki, tell)
    return 0


def _endpoint(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} must be HOST:PORT")
    return host, int(port)


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} must be more than 0")
    return value


def _allow_files(kiosks: int) -> None:
    """One socket a kiosk: raise this process's own limit as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = kiosks + 256
    if soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


if __name__ == "__main__":
    sys.exit(main())
