"""A CUPS of its own with one queue, and the IPP Everywhere printer that stands behind it."""

import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from agent.probes import ipptool
from agent.probes.ipp import Printer
from tests.peer.agent.bus import Bus, is_installed
from tests.peer.region import free_port, is_open, wait_until

CUPSD, PRINTER = Path("/usr/sbin/cupsd"), Path("/usr/sbin/ippeveprinter")
QUEUE = "Laser"
_WAIT_S = 30.0
_CUPSD = """Listen 127.0.0.1:{port}
Browsing No
WebInterface No
DefaultAuthType None
<Location />
Allow all
</Location>
<Policy default>
{limits}<Limit All>
Order deny,allow
</Limit>
</Policy>
"""
_FILES = """ServerRoot {folder}
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
ErrorLog {folder}/error.log
AccessLog {folder}/access.log
PageLog {folder}/page.log
SystemGroup root
"""
#: The printer's print command: it says what is in the file `says`, waits while there is `hold`.
_COMMAND = """#!/bin/sh
paper=$(mktemp {folder}/out/paper.XXXXXX)
cat > "$paper"
cat {folder}/says >&2 2> /dev/null
while [ -e {folder}/hold ]; do sleep 0.1; done
"""


def why_not() -> str:
    """Why it cannot run here; empty when it can."""
    if not CUPSD.exists() or not PRINTER.exists() or not is_installed():
        return "cups-daemon, cups-ipp-utils or dbus is not installed"
    return "" if os.geteuid() == 0 else "cupsd needs root to become the user it runs as"


class Office:
    """Runs from its creation on; `cups` is CUPS's host and port.

    `limits` are those of its policy, beside that everybody may do everything.
    """

    def __init__(self, limits: str = "") -> None:
        self._limits = limits
        # Not pytest's folder: the user that CUPS's filters run as cannot enter it.
        self._folder = Path(tempfile.mkdtemp(prefix="office"))
        self._folder.chmod(0o755)
        for name in ("spool", "cache", "state", "tmp", "papers", "out"):
            (self._folder / name).mkdir()
            (self._folder / name).chmod(0o1777)
        self._port, self._printer_port = free_port(), free_port()
        self.cups = f"127.0.0.1:{self._port}"
        self.uri = f"ipp://127.0.0.1:{self._printer_port}/ipp/print"
        command = self._folder / "print.sh"
        command.write_text(_COMMAND.format(folder=self._folder))
        command.chmod(0o755)
        self._bus = Bus(self._folder / "bus")
        self._printer: subprocess.Popen[bytes] | None = None
        self.start_printer()
        self._cupsd = self._start_cups()
        self._run("lpadmin", "-p", QUEUE, "-E", "-v", self.uri, "-m", "everywhere")

    def start_printer(self) -> None:
        """Switch the printer on."""
        self._printer = self._start(
            *(str(PRINTER), "-r", "off", "-p", str(self._printer_port), "-n", "localhost"),
            *("-d", str(self._folder / "papers"), "-c", str(self._folder / "print.sh")),
            *("-f", "application/pdf,text/plain,image/urf,image/pwg-raster", "Lab"),
        )
        wait_until(lambda: is_open(self._printer_port), "printer")

    def stop_printer(self) -> None:
        """Switch the printer off; a second time does nothing."""
        if self._printer is not None:
            _end(self._printer)
            self._printer = None

    def stop_cups(self) -> None:
        """End CUPS."""
        _end(self._cupsd)

    def freeze_cups(self) -> None:
        """Let CUPS keep its port, and answer nothing."""
        os.killpg(self._cupsd.pid, signal.SIGSTOP)

    def thaw_cups(self) -> None:
        """Let it go on."""
        os.killpg(self._cupsd.pid, signal.SIGCONT)

    def until_ready(self) -> None:
        """Until CUPS knows its printer: until then it undoes what a queue is told."""
        uri = f"ipp://{self.cups}/printers/{QUEUE}"

        def is_ready() -> bool:
            said = ipptool.ask(uri)
            return isinstance(said, Printer) and "Everywhere" in said.model

        wait_until(is_ready, "a queue that knows its printer")

    def set(self, page: str) -> None:
        """Turn something at the printer: `/media?...`, `/supplies?...` of its own web pages."""
        url = f"http://127.0.0.1:{self._printer_port}{page}"
        with urllib.request.urlopen(url, timeout=_WAIT_S) as answer:
            answer.read()

    def admin(self, program: str, *arguments: str) -> None:
        """Run one of CUPS's programs on it: cupsdisable, cupsreject, lpadmin ..."""
        self._run(program, *arguments)

    def hold_back(self) -> None:
        """Let the printer take a job and never end it."""
        (self._folder / "hold").touch()

    def go_on(self) -> None:
        """Let the printer end what it holds back."""
        (self._folder / "hold").unlink(missing_ok=True)

    def papers(self) -> list[Path]:
        """What came out of the printer."""
        return sorted((self._folder / "out").iterdir())

    def lacks(self, reason: str) -> None:
        """Let the printer say this of itself while it prints whatever comes next, and wait."""
        (self._folder / "says").write_text(f"STATE: +{reason}-error\n")
        self.hold_back()

    def wait_until_empty(self) -> None:
        """Until nothing waits in the queue."""
        wait_until(lambda: not self._listed(), "an empty queue")

    def fail_with(self, reason: str) -> None:
        """Let the printer say this of itself while it prints the next page."""
        self.lacks(reason)
        self.print()

    def print(self) -> None:
        """Give the queue a page to print."""
        page = self._folder / "page.txt"
        page.write_text("a page\n")
        self._run("lp", "-d", QUEUE, str(page))

    def close(self) -> None:
        """End all."""
        (self._folder / "hold").unlink(missing_ok=True)
        self.stop_printer()
        _end(self._cupsd)
        self._bus.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start_cups(self) -> "subprocess.Popen[bytes]":
        conf, files = self._folder / "cupsd.conf", self._folder / "cups-files.conf"
        conf.write_text(_CUPSD.format(port=self._port, limits=self._limits))
        files.write_text(_FILES.format(folder=self._folder))
        started = self._start(str(CUPSD), "-f", "-c", str(conf), "-s", str(files))
        wait_until(lambda: is_open(self._port), "cupsd")
        return started

    def _start(self, *command: str) -> "subprocess.Popen[bytes]":
        null = subprocess.DEVNULL
        return subprocess.Popen(
            command,
            env={**os.environ, **self._bus.environ},
            stdin=null,
            stdout=null,
            stderr=null,
            start_new_session=True,  # with the filters and print commands that it starts
        )

    def _listed(self) -> str:
        command = ["lpstat", "-h", self.cups, "-o"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S, check=False)
        return done.stdout

    def _run(self, program: str, *arguments: str) -> None:
        """Tried again while it fails: CUPS restarts its own work at moments of its choosing."""
        said = ""

        def works() -> bool:
            nonlocal said
            done = subprocess.run(
                [program, "-h", self.cups, *arguments],
                capture_output=True,
                text=True,
                timeout=_WAIT_S,
                check=False,
            )
            said = done.stderr
            return done.returncode == 0

        wait_until(works, f"{program}: {said}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGCONT)  # one that is frozen hears of nothing else
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
