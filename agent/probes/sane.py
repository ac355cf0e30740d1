"""What a scanner says through SANE, asked by its declared name.

`scanimage -L` would ask every driver there is (6 s and more); a name loads one. What it answers:

    scanimage: open of device net:192.0.2.7:test:0 failed: Invalid argument
    scanimage: reading one scanline, 19 bytes...	FAIL Error: Document feeder jammed
    scanimage: sane_start: Scanner cover is open

and, of scanners that have sensors, among their options (`-A`):

    --page-loaded[=(yes|no)] [yes] [hardware]
    --cover-open[=(yes|no)] [no] [hardware]
"""

import os
import re
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from agent import program
from agent.errors import ProgramError
from agent.probes.finding import Finding, unmeasured
from contract.health import FactValue, Health

SCANIMAGE = "/usr/bin/scanimage"
OFFLINE, NO_DRIVER = "offline", "no-driver"
#: A question is answered in milliseconds by a driver, in seconds by a scanner that was asleep.
ASK_S, TRIAL_S = 8.0, 45.0


class Status(StrEnum):
    """SANE_Status (SANE standard, 4.2.7) as sane_strstatus() writes it."""

    GOOD = "Success"
    UNSUPPORTED = "Operation not supported"
    CANCELLED = "Operation was canceled"
    DEVICE_BUSY = "Device busy"
    INVAL = "Invalid argument"
    EOF = "End of file reached"
    JAMMED = "Document feeder jammed"
    NO_DOCS = "Document feeder out of documents"
    COVER_OPEN = "Scanner cover is open"
    IO_ERROR = "Error during device I/O"
    NO_MEM = "Out of memory"
    ACCESS_DENIED = "Access to resource has been denied"


class Answer(Struct, frozen=True):
    """What scanimage said. `sensors`: those that matter, of scanners that have any."""

    status: Status | None  # None: words we do not know
    is_open: bool = True  # the driver found the scanner
    sensors: dict[str, bool] = {}
    said: str = ""


class Look(Struct, frozen=True):
    """What one look at a scanner found, by SANE or by eSCL."""

    finding: Finding
    is_there: bool = True
    is_busy: bool = False


_FAULTS = {
    Status.JAMMED: "jammed",
    Status.COVER_OPEN: "cover-open",
    Status.IO_ERROR: "io-error",
    Status.NO_MEM: "no-mem",
    Status.UNSUPPORTED: "unsupported",
    Status.ACCESS_DENIED: "access-denied",
    Status.INVAL: "inval",
}
_UNTOLD = (Status.CANCELLED, Status.EOF)
_COVERS = ("cover-open", "adf-open")
_SENSOR = re.compile(r"^\s+--(page-loaded|cover-open|adf-open)\b[^\n]*? \[(yes|no)\]", re.MULTILINE)
_FAILURE = re.compile(r"^scanimage: (open of device) .* failed: (.+)$", re.MULTILINE)
_TROUBLE = re.compile(r"(?:^scanimage: sane_\w+: |\tFAIL Error: )(.+)$", re.MULTILINE)


def parse(done: program.Done) -> Answer:
    """Of `scanimage -A` or `scanimage -T`."""
    failure = _FAILURE.search(done.err)
    trouble = failure or _TROUBLE.search(done.err)
    if trouble is not None:
        words = trouble[trouble.lastindex or 0].strip()
        status = Status(words) if words in tuple(Status) else None
        return Answer(status, is_open=failure is None, said=words)
    if done.status != 0:
        return Answer(None, said=done.err.strip()[-120:] or f"exit status {done.status}")
    sensors = {name: value == "yes" for name, value in _SENSOR.findall(done.out)}
    return Answer(Status.GOOD, sensors=sensors)


def judge(answer: Answer, *, is_remote: bool, is_root: bool = True) -> Look:
    """What an answer means. `is_remote`: no plug of this kiosk tells whether it is there."""
    status = answer.status
    facts: dict[str, FactValue] = {}
    if answer.status is not Status.GOOD:
        facts["sane_status"] = (answer.status or answer.said)[:120]
    if not answer.is_open and status in (Status.INVAL, Status.IO_ERROR):
        # INVAL: no such scanner, as far as the driver sees. The net driver also says IO_ERROR
        # where no server answers.
        if is_remote:
            return Look(Finding(Health.MISSING, (OFFLINE,), {}, facts), is_there=False)
        reason = NO_DRIVER if status is Status.INVAL else "io-error"
        return Look(Finding(Health.FAILED, (reason,), {}, facts))
    if status is Status.ACCESS_DENIED and not is_remote and not is_root:
        # The agent may not, which says nothing of the application.
        return Look(Finding(Health.UNKNOWN, ("access-denied",), {}, facts))
    if status is Status.DEVICE_BUSY:
        return Look(Finding(facts={"busy": True}), is_busy=True)
    if status is Status.NO_DOCS:
        return Look(Finding(facts={"documents": "none"}))
    if status is None or status in _UNTOLD:
        return Look(unmeasured(**facts))
    return Look(_sensed(answer) if status is Status.GOOD else _failed(_FAULTS[status], facts))


def ask(
    device: str,
    *,
    home: Path,
    drivers: str,
    is_remote: bool,
    is_trial: bool = False,
) -> Look:
    """Ask the scanner `device`; a trial has it scan a few lines, which are thrown away.

    `home` is a folder to keep settings of ours in, `drivers` those of SANE (/etc/sane.d).
    """
    if not Path(SCANIMAGE).exists():
        return Look(unmeasured(needs="sane-utils"))
    try:
        return _ask(device, home, drivers, is_remote, is_trial)
    except ProgramError as err:
        if is_remote:
            return Look(Finding(Health.MISSING, (OFFLINE,)), is_there=False)
        return Look(Finding(Health.UNKNOWN, ("timed-out",), {}, {"trouble": str(err)[:200]}))


def _ask(device: str, home: Path, drivers: str, is_remote: bool, is_trial: bool) -> Look:
    path = f"{only(device.partition(':')[0], home)}:{drivers}"
    environ = {"SANE_CONFIG_DIR": path, "SANE_NET_TIMEOUT": "5"}
    command = (SCANIMAGE, f"--device-name={device}")
    answer = parse(program.run((*command, "-A"), ASK_S, environ=environ))
    if is_trial and answer.status is Status.GOOD and not any(map(answer.sensors.get, _COVERS)):
        trial = parse(program.run((*command, "-T"), TRIAL_S, environ=environ))
        answer = Answer(trial.status, trial.is_open, answer.sensors, trial.said)
    return judge(answer, is_remote=is_remote, is_root=os.geteuid() == 0)


def only(driver: str, home: Path) -> Path:
    """A folder of settings by which SANE knows this driver alone."""
    folder = home / "sane" / driver
    wanted = folder / "dll.conf"
    if not wanted.exists() or wanted.read_text() != f"{driver}\n":
        # An empty dll.d of our own: otherwise the packaged one adds its drivers.
        (folder / "dll.d").mkdir(parents=True, exist_ok=True)
        wanted.write_text(f"{driver}\n")
    return folder


def where_plugged(device: str, node: str) -> str:
    """The name of a USB scanner with the numbers it has now: they change with each plugging.

    >>> where_plugged("genesys:libusb:001:004", "/dev/bus/usb/002/017")
    'genesys:libusb:002:017'
    >>> where_plugged("fujitsu:ScanSnap S1500:111", "/dev/bus/usb/002/017")
    'fujitsu:ScanSnap S1500:111'
    """
    now = re.fullmatch(r"/dev/bus/usb/(\d+)/(\d+)", node)
    return re.sub(r":libusb:\d+:\d+$", f":libusb:{now[1]}:{now[2]}", device) if now else device


def _failed(reason: str, facts: dict[str, FactValue]) -> Finding:
    return Finding(Health.FAILED, (reason,), {}, facts)


def _sensed(answer: Answer) -> Finding:
    facts: dict[str, FactValue] = {}
    if "page-loaded" in answer.sensors:
        facts["documents"] = "loaded" if answer.sensors["page-loaded"] else "none"
    is_open = any(map(answer.sensors.get, _COVERS))
    return _failed("cover-open", facts) if is_open else Finding(facts=facts)
