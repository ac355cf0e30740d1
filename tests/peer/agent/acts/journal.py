"""A real journald in a mount namespace of its own, which leaves a journal to be read."""

import shutil
import subprocess
from pathlib import Path

JOURNALD = Path("/lib/systemd/systemd-journald")
_SCRIPT = """
set -e
mount -t tmpfs none /run
mkdir -p /run/log/journal /run/systemd/journal
{journald} & pid=$!
for _ in $(seq 300); do [ -S /run/systemd/journal/socket ] && break; sleep 0.1; done
for entry in {entries}/*; do logger --journald="$entry"; done
last={last}
for _ in $(seq 300); do
    journalctl --quiet --no-pager -D /run/log/journal MESSAGE="$last" 2>/dev/null \
        | grep -q . && break
    sleep 0.1
done
kill $pid
wait $pid || true
cp -r /run/log/journal {made}
"""


def why_not() -> str:
    """Why none can be made here; empty when one can."""
    missing = [
        str(path)
        for path in (JOURNALD, Path("/usr/bin/journalctl"), Path("/usr/bin/logger"))
        if not path.exists()
    ]
    if missing:
        return f"{', '.join(missing)}: not installed"
    tried = subprocess.run(["/usr/bin/unshare", "--mount", "/bin/true"], check=False)
    return "" if tried.returncode == 0 else "no mount namespace may be made here"


def make(folder: Path, said: list[tuple[str, str]]) -> Path:
    """The folder of a journal in which each (unit, text) was said, in that order."""
    entries, made = folder / "entries", folder / "journal"
    entries.mkdir(parents=True)
    last = "the end of this journal"
    for number, (unit, text) in enumerate([*said, ("none.service", last)]):
        (entries / f"{number:06}").write_text(f"MESSAGE={text}\nUNIT={unit}\n")
    script = _SCRIPT.format(journald=JOURNALD, entries=entries, last=f"'{last}'", made=made)
    subprocess.run(
        ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script],
        check=True,
        timeout=120,
        capture_output=True,
    )
    (found,) = made.iterdir()
    shutil.rmtree(entries)
    return found
