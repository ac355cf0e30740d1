"""`./scripts/bench [BENCH ...] [--json]`: measures, and prints the figures."""

import argparse
import sys

from bench import agent, alerts, fleet, ingest, peripherals
from bench.figures import Figure, as_json, as_table

BENCHES = {
    "agent": agent.measure,
    "ingest": ingest.measure,
    "fleet": fleet.measure,
    "peripherals": peripherals.measure,
    "alerts": alerts.measure,
}

_EXAMPLES = """\
examples:
  ./scripts/bench                   all, some two hours, most of them of alerts
  ./scripts/bench ingest            one
  ./scripts/bench agent fleet --json > figures.json
  VIGIE_YEAR_DAYS=30 ./scripts/bench alerts
"""


def main() -> int:
    """Exit status: 0 when every figure with a target was measured and holds it, else 1."""
    parser = argparse.ArgumentParser(
        prog="./scripts/bench",
        description="Measure the running software beside peers in the same run.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bench", nargs="*", metavar="BENCH", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    for name in args.bench:
        if name not in BENCHES:
            parser.error(f"bench is {name!r}, must be one of: {', '.join(BENCHES)}")
    figures: list[Figure] = []
    for name in args.bench or BENCHES:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        figures += BENCHES[name]()
    print(as_json(figures) if args.json else as_table(figures))
    return 0 if all(entry.holds for entry in figures if entry.target) else 1


if __name__ == "__main__":
    sys.exit(main())
