"""`python -m bench.year straight|killed FOLDER`: live the year in FOLDER, and judge its alerts.

What was missed, false or told twice is named on standard error; the truth is FOLDER/truth.json.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

import msgspec

from bench.alerts import Verdict
from bench.year.fleet import fleet
from bench.year.lives import Story
from bench.year.mail import Mail
from bench.year.score import Score, judge
from bench.year.story import tell
from controller.foundation import set_up_django
from tests.peer.postgres import Postgres, binaries, toml
from tests.peer.region import Region, free_port

_SHOWN = 12
#: Faults of one kiosk are nine days apart, and a wide one has a day of its own.
SHORTEST, LONGEST = 14, 3660
#: A power cut of the machine is not what is shown here, so what is written need not reach the disk.
_IN_MEMORY = "PRAGMA synchronous=OFF"


def main() -> int:
    """Print the verdict as JSON."""
    parser = argparse.ArgumentParser(prog="bench.year", description=__doc__)
    parser.add_argument("how", choices=("straight", "killed"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2026, 1, 1))
    parser.add_argument("--days", type=int, default=int(os.environ.get("VIGIE_YEAR_DAYS", "365")))
    parser.add_argument("--played", type=int, metavar="DAYS", help="live only so many of them")
    parser.add_argument("--killed-in", type=int, default=500, metavar="N", help="one batch in N")
    args = parser.parse_args()
    if not SHORTEST <= args.days <= LONGEST:
        parser.error(f"--days is {args.days}, must be from {SHORTEST} to {LONGEST}")
    args.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with ExitStack() as held:
        mail = held.enter_context(Mail(free_port()))
        run = _straight if args.how == "straight" else _killed
        story, kills = run(args, mail.port, held)
        story.truth.write(args.folder / "truth.json")
        verdict = _verdict(story, mail, time.monotonic() - began, kills)
    sys.stdout.write(msgspec.json.encode(verdict).decode() + "\n")
    return 0


def _straight(args: argparse.Namespace, port: int, held: ExitStack) -> tuple[Story, dict[str, int]]:
    region = held.enter_context(Region(args.folder / "region"))
    story = _laid(region, args, port)
    from django.db import connection

    from bench.year.play import play

    with connection.cursor() as cursor:
        cursor.execute(_IN_MEMORY)
    play(story, _progress(story))
    return story, {}


def _killed(args: argparse.Namespace, port: int, held: ExitStack) -> tuple[Story, dict[str, int]]:
    programs = binaries()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed: apt install postgresql")
    postgres = held.enter_context(Postgres(programs))
    region = held.enter_context(Region(args.folder / "region", toml(postgres)))
    story = _laid(region, args, port)
    from bench.year.chaos import Chaos, allow

    allow(region)
    chaos = Chaos(region, postgres, args.seed, args.killed_in)
    chaos.play(story, _progress(story))
    return story, chaos.kills


def _laid(region: Region, args: argparse.Namespace, port: int) -> Story:
    os.environ["VIGIE_HOME"] = str(region.home)
    set_up_django()
    from bench.year import stage

    members = fleet(args.seed)
    stage.lay(members)
    stage.tell_by_mail(port)
    story = tell(members, args.seed, args.first, args.days)
    return story.until(args.played) if args.played else story


def _verdict(story: Story, mail: Mail, took_s: float, kills: dict[str, int]) -> Verdict:
    from bench.year import stage

    score = judge(story.truth, stage.told(), stage.messages())
    _explain(score)
    print(f"{len(mail.received)} mails, {len(set(mail.received))} different", file=sys.stderr)
    named = len(score.misnamed)
    return Verdict(
        faults=score.faults,
        recall=score.recall,
        false_alerts=len(score.false),
        unexplained_messages=len(score.unexplained),
        notifications_per_cause=score.notifications_per_cause,
        unsent=stage.unsent(),
        latency_p50_s=score.percentile_s(0.5),
        latency_p90_s=score.percentile_s(0.9),
        latency_p99_s=score.percentile_s(0.99),
        well_named=1 - named / score.faults if score.faults else 1.0,
        took_s=took_s,
        kills=kills,
    )


def _explain(score: Score) -> None:
    def say(text: str) -> None:
        print(text, file=sys.stderr)

    for fault in score.missed[:_SHOWN]:
        say(f"missed: {fault}")
    for alert in score.false[:_SHOWN]:
        say(f"false: {alert}")
    for fault, cause in score.misnamed[:_SHOWN]:
        say(f"misnamed {cause}: {fault.cause} {fault.what} {fault.kiosks[:3]} {fault.began_at}")
    for number, count in list(score.repeated.items())[:_SHOWN]:
        say(f"told {count} times: fault {number}")
    for message in score.unexplained[:_SHOWN]:
        say(f"unexplained: {message}")


def _progress(story: Story) -> Callable[[datetime], None]:
    first, last = story.truth.first, story.truth.last
    shown = [-1]

    def show(now: datetime) -> None:
        week = (now - first).days // 7
        if week != shown[0]:
            shown[0] = week
            line = f"\r{now:%Y-%m-%d} of {first:%Y-%m-%d} to {last:%Y-%m-%d}"
            print(line, end="", file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
