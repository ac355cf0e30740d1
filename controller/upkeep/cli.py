"""`vigie worker` and `vigie storage`: what keeps the house, and what it costs to keep."""

import argparse
import json
import signal

_WORKER = """examples:
  vigie worker        # `vigie up` runs it; a second one waits until the first ends
"""
_STORAGE = """examples:
  vigie storage             # a table, with the bytes that one day of one kiosk takes
  vigie storage --json
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands."""
    worker = subparsers.add_parser(
        "worker",
        help="send commands, end those unheard, keep the database small",
        epilog=_WORKER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    worker.set_defaults(run=_work)
    storage = subparsers.add_parser(
        "storage",
        help="how much the fleet's history takes on disk",
        epilog=_STORAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    storage.add_argument("--json", action="store_true", help="one object")
    storage.set_defaults(run=_weigh)


def _work(_: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    from django.conf import settings

    from controller.commands.courier import NAME, Courier, Endpoint
    from controller.commands.leadership import leadership
    from controller.commands.worker import Worker
    from controller.config import Config
    from controller.errors import ConfigError
    from controller.salt.client import port_of
    from controller.upkeep.chores import lanes

    config: Config = settings.VIGIE
    pki = config.home / "pki"
    endpoint = Endpoint(
        config.broker.host,
        config.broker.port,
        pki / "ca.pem",
        pki / f"{NAME}.pem",
        pki / f"{NAME}.key",
    )
    for path in (endpoint.ca, endpoint.certificate, endpoint.key):
        if not path.exists():
            raise ConfigError(f"{path} is not there: run `vigie --home {config.home} init`")
    chores = lanes(config.retention, port_of(config))
    worker = Worker(leadership(config.home), lambda: Courier(endpoint), chores)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
    return 0


def _weigh(args: argparse.Namespace) -> int:
    from controller.ingest.storage import costs

    found = list(costs())
    total = sum(cost.bytes_per_kiosk_day or 0.0 for cost in found)
    if args.json:
        tables = [
            {
                "table": cost.table,
                "rows": cost.rows,
                "bytes": cost.size_bytes,
                "bytes_per_kiosk_day": cost.bytes_per_kiosk_day,
            }
            for cost in found
        ]
        print(json.dumps({"tables": tables, "bytes_per_kiosk_day": total}))
        return 0
    print(f"{'table':<22} {'rows':>10} {'bytes':>14} {'bytes a kiosk-day':>18}")
    for cost in found:
        each = "-" if cost.bytes_per_kiosk_day is None else f"{cost.bytes_per_kiosk_day:,.0f}"
        print(f"{cost.table:<22} {cost.rows:>10,} {cost.size_bytes:>14,} {each:>18}")
    print(f"{'all history':<22} {'':>10} {'':>14} {total:>18,.0f}")
    return 0
