"""docs/faults.md: every fault, how it is injected, what is said of it, and how soon.

    python -m tests.faultlist            run the faults of the unit and peer tiers, and write it
    python -m tests.faultlist vm         run those of the virtual kiosk too
    python -m tests.faultlist --check    only see that it lists the faults there are tests for

A time that was not measured anew is kept as the document has it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.faults import FOLDER

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "faults.md"
TIERS = ("unit", "peer", "vm")
_COLLECT = """
import json, sys
import pytest
from tests.faults import row

class Rows:
    def pytest_collection_finish(self, session):
        for item in session.items:
            shown = row(item)
            if shown is not None:
                tier = item.nodeid.split("/")[1]
                said = (shown.kind, shown.fault, shown.injected, tier, shown.health, shown.reasons)
                print("ROW", json.dumps(said))

sys.exit(pytest.main(["--collect-only", "-q", "-m", "fault", *sys.argv[1:]], plugins=[Rows()]))
"""
_TITLE = """\
# What can befall a kiosk, and what is said of it

One row a fault: how the tests inject it, what the agent then says of the device, and how long it
took from the injection until it was said. Written by `./scripts/faults`, which runs them; do not
edit. Tiers: *unit* (the probe on recorded or make-believe hardware), *peer* (real services and
processes), *vm* (a real kernel in a virtual kiosk, `./scripts/test vm`), *needs hardware* (no
stand-in: nobody claims it). Times are of one run on one machine: of the probe alone where a test
asks it at once, of the whole way to the broker where it runs the agent.

"""
_HEAD = "| Device | Fault | Injected by | Tier | Health | Reasons | Said after |"

#: What nothing here can stand in for.
NEEDS_HARDWARE = (
    ("camera", "comes back from a power cut only when replugged", "a UVC camera on real USB"),
    ("microphone", "a capsule that hears nothing", "a USB microphone and a sound"),
    ("screen", "pulled while the graphics driver tells of it", "a monitor with hot-plug detection"),
    ("modem", "out of radio coverage", "a 4G modem with a SIM card"),
    ("printer", "a maker's firmware that says idle with an open cover", "that printer"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    kind: str
    fault: str
    injected: str
    tier: str
    health: str
    reasons: tuple[str, ...]

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.kind} / {self.fault} / {self.tier}"


def main(arguments: list[str]) -> int:
    """Write the document, or check it; answers the exit status."""
    rows = collect()
    if "--check" in arguments:
        return check(rows)
    took_s = kept(DOCUMENT.read_text() if DOCUMENT.exists() else "")
    tiers = [tier for tier in TIERS if tier != "vm" or "vm" in arguments]
    status = measure(tiers, took_s)
    DOCUMENT.write_text(document(rows, took_s))
    print(f"{DOCUMENT.relative_to(ROOT)}: {len(rows)} faults", file=sys.stderr)
    return status


def collect() -> list[Row]:
    """Every row there is a test for, by device."""
    paths = [f"tests/{tier}" for tier in TIERS if (ROOT / "tests" / tier).is_dir()]
    done = subprocess.run(
        [sys.executable, "-c", _COLLECT, *paths], cwd=ROOT, capture_output=True, text=True
    )
    said = [json.loads(line[4:]) for line in done.stdout.splitlines() if line.startswith("ROW ")]
    if done.returncode or not said:
        raise SystemExit(f"the tests cannot be collected:\n{done.stdout}{done.stderr}")
    rows = {Row(*each[:5], tuple(each[5])) for each in said}
    return sorted(rows, key=lambda row: (row.kind, row.fault, TIERS.index(row.tier)))


def measure(tiers: Iterable[str], took_s: dict[str, str]) -> int:
    """Run the faults of these tiers and note how soon each was said."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"tests/{tier}" for tier in tiers]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "fault", *paths],
            cwd=ROOT,
            env={**os.environ, FOLDER: folder},
        )
        for path in sorted(Path(folder).glob("*.json")):
            said = json.loads(path.read_text())
            key = f"{said['kind']} / {said['fault']} / {said['tier']}"
            took_s[key] = _time(said["took_s"])
    return done.returncode


def kept(text: str) -> dict[str, str]:
    """The times that a document has, by row."""
    cells = (_cells(line) for line in text.splitlines() if line.startswith("| "))
    return {f"{one[0]} / {one[1]} / {one[3]}": one[6] for one in cells if len(one) == 7}


def document(rows: Iterable[Row], took_s: Mapping[str, str]) -> str:
    """The whole of docs/faults.md."""
    return "\n".join((_TITLE + _HEAD, "|---" * 7 + "|", *_lines(rows, took_s), ""))


def check(rows: list[Row]) -> int:
    """Whether the document has these rows and no others; says which it lacks."""
    told = {_without_time(line) for line in DOCUMENT.read_text().splitlines() if line[:2] == "| "}
    wanted = {_without_time(line) for line in (_HEAD, *_lines(rows, {}))}
    for line in sorted(wanted - told):
        print(f"docs/faults.md lacks: {line}", file=sys.stderr)
    for line in sorted(told - wanted):
        print(f"docs/faults.md has, and no test shows: {line}", file=sys.stderr)
    if told != wanted:
        print("run ./scripts/faults", file=sys.stderr)
    return int(told != wanted)


def _lines(rows: Iterable[Row], took_s: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        reasons = ", ".join(f"`{each}`" for each in row.reasons)
        cells = (row.kind, row.fault, row.injected, row.tier, row.health, reasons)
        yield f"| {' | '.join(cells)} | {took_s.get(row.key, '')} |"
    for kind, fault, injected in NEEDS_HARDWARE:
        yield f"| {kind} | {fault} | {injected} | needs hardware |  |  |  |"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _without_time(line: str) -> str:
    return " | ".join(_cells(line)[:6])


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
