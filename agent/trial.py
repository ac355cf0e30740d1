"""A new version of the agent on trial: it stays only when the controller has committed its word.

Whoever switches writes the trial first, and lays a copy of this very file, of the version that is
left, as <home>/guard.py: that is what systemd runs to judge, so nothing of the new one is trusted.
It needs nothing but Python, and no clock that could be set: time is counted within one boot.

<home>/versions/<version>/          as `agent.versions` lays them
<home>/current -> versions/<version>
<home>/guard.py                     start: before each start of the agent; look: every few seconds
<home>/trial.json                   {"id", "from", "to", "boot", "begun_s", "limit_s", "starts",
                                     "boots", "back"}; gone when it is decided
<home>/verdict.json                 {"id", "from", "to", "is_kept", "why"} of the last one
<state>/trial-proven                the id of the trial, written by the new version
"""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

HOME = Path("/opt/vigie/agent")
STATE = Path("/var/lib/vigie-agent")
PROVEN = "trial-proven"
LIMIT_S = 300.0
MAX_STARTS = 5
#: A machine that restarts again and again may do so because of the new version.
MAX_BOOTS = 3
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_RESTART = ["/usr/bin/systemctl", "--no-block", "restart", "vigie-agent.service"]
_RESTART_LIMIT_S = 30.0

#: What stands in trial.json.
Trial = dict[str, Any]


def begin(home: Path, to: str, limit_s: float) -> Trial:
    """Put `to` on trial in place of what is current, on disk; the caller switches after it."""
    trial = {
        "id": os.urandom(8).hex(),
        "from": current(home),
        "to": to,
        "boot": boot(),
        "begun_s": since_boot_s(),
        "limit_s": limit_s,
        "starts": 0,
        "boots": 0,
        "back": "",
    }
    old = home / "versions" / str(trial["from"]) / "lib/agent/trial.py"
    _write(home / "guard.py", (old if old.is_file() else Path(__file__)).read_bytes())
    _keep(home, trial)
    return trial


def read(home: Path) -> Trial | None:
    """The trial that is on; None when there is none, or none that can be read."""
    return _load(home / "trial.json")


def verdict(home: Path) -> Trial | None:
    """How the last trial ended; None when there was none."""
    return _load(home / "verdict.json")


def prove(home: Path, state: Path, version: str) -> bool:
    """The controller has committed what `version` said. Answers whether that was asked."""
    trial = read(home)
    if trial is None or trial["to"] != version:
        return False
    _write(state / PROVEN, trial["id"].encode())
    return True


def own() -> tuple[Path, str] | None:
    """Home and version of the agent this file belongs to; None when it is not from a release."""
    places = Path(__file__).resolve().parents
    if len(places) < 5 or places[3].name != "versions":
        return None
    return places[4], places[2].name


def judge(trial: Trial, boot_id: str, now_s: float) -> str:
    """Why to go back; empty when it is not time. `now_s` is since the boot `boot_id`. Pure."""
    if trial["back"]:
        return str(trial["back"])
    if trial["starts"] > MAX_STARTS:
        return f"it was started {trial['starts']} times and never proved itself"
    if trial["boots"] > MAX_BOOTS:
        return f"the machine restarted {trial['boots']} times meanwhile"
    waited_s = now_s - trial["begun_s"] if trial["boot"] == boot_id else now_s
    if waited_s >= trial["limit_s"]:
        return f"the controller committed nothing of it within {trial['limit_s']:g} s"
    return ""


def look(home: Path, state: Path) -> str:
    """Decide a trial where it can be: "kept", "back" or "". To be repeated, and killed anywhere."""
    trial = read(home)
    if trial is None:
        return ""
    if not trial["back"] and _is_proven(state, trial):
        _decide(home, trial, "")
        return "kept"
    trial = _counted(home, trial)
    why = judge(trial, boot(), since_boot_s())
    if not why:
        return ""
    if not trial["back"]:
        trial["back"] = why
        _keep(home, trial)
    if (home / "versions" / trial["from"]).is_dir():
        point(home, trial["from"])
    return "back"


def start(home: Path, state: Path) -> None:
    """Before each start of the agent: count it, and go back when there were too many."""
    trial = read(home)
    if trial is not None and not trial["back"]:
        trial["starts"] += 1
        _keep(home, trial)
    if look(home, state) == "back":
        _close(home)


def guard(home: Path, state: Path) -> None:
    """Every few seconds: go back when it is time, and have the agent started anew then."""
    if look(home, state) != "back":
        return
    import subprocess  # of the guard alone

    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(_RESTART, check=False, timeout=_RESTART_LIMIT_S)  # noqa: S603 - our own
    _close(home)


def point(home: Path, version: str) -> None:
    """`current` is `version` from now on: before or after, never in between."""
    beside = home / ".current.part"
    beside.unlink(missing_ok=True)
    beside.symlink_to(Path("versions") / version)
    beside.replace(home / "current")
    _sync(home)


def current(home: Path) -> str:
    """The version that is current; empty when there is none."""
    try:
        return (home / "current").readlink().name
    except OSError:
        return ""


def boot() -> str:
    """Which boot this is."""
    return _BOOT.read_text().strip()


def since_boot_s() -> float:
    """Seconds since it, sleep included; nobody sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _counted(home: Path, trial: Trial) -> Trial:
    """A trial that another boot finds: it begins anew with it."""
    if trial["boot"] != boot():
        trial = {**trial, "boot": boot(), "begun_s": 0.0, "boots": trial["boots"] + 1}
        _keep(home, trial)
    return trial


def _is_proven(state: Path, trial: Trial) -> bool:
    try:
        return (state / PROVEN).read_text("ascii").strip() == str(trial["id"])
    except (OSError, UnicodeDecodeError):
        return False


def _close(home: Path) -> None:
    """It is back: nothing of the trial is left but its verdict."""
    trial = read(home)
    if trial is not None and trial["back"]:
        is_back = current(home) == trial["from"]
        lack = (
            "" if is_back else f"; version {trial['from'] or '(none)'} is not there to go back to"
        )
        _decide(home, trial, trial["back"] + lack)


def _decide(home: Path, trial: Trial, why: str) -> None:
    told = {"id": trial["id"], "from": trial["from"], "to": trial["to"]}
    told |= {"is_kept": not why, "why": why}
    _write(home / "verdict.json", json.dumps(told).encode())
    (home / "trial.json").unlink(missing_ok=True)
    _sync(home)


def _keep(home: Path, trial: Trial) -> None:
    _write(home / "trial.json", json.dumps(trial).encode())


def _load(path: Path) -> Trial | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, raw: bytes) -> None:
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    folder, kept = map(Path, sys.argv[2:4] or (str(HOME), str(STATE)))
    (start if sys.argv[1:2] == ["start"] else guard)(folder, kept)
