"""`identify`: a message on the kiosk's screen, so that whoever stands there knows which it is.

It is drawn by a small program of the system's: xmessage (x11-utils) or zenity on an X server,
swaynag on sway. Which display there is tells the socket its server listens on.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from agent.commands import Work, outside, verdicts
from agent.commands.errand import End, Errand, Job, done, failed, nobody_knows
from agent.commands.scene import Scene
from agent.config import Acts
from contract.command_args import Identify
from contract.reasons import OutcomeReason

NAME = "identify"
#: Ends the message though the agent be killed meanwhile.
_TIMEOUT = "/usr/bin/timeout"
_ENDED_BY_TIMEOUT = 124
_X11, _USERS, _PROC = Path("/tmp/.X11-unix"), Path("/run/user"), Path("/proc")  # noqa: S108
_REMEDY = "install x11-utils, or set commands.message in agent.toml"

#: Programs on an X server, and on Wayland, with what stands before the text.
ON_X11 = (
    ("/usr/bin/xmessage", "-center", "-buttons", ""),
    ("/usr/bin/zenity", "--info", "--no-markup", "--text"),
)
ON_WAYLAND = (("/usr/bin/swaynag", "--message"),)


class Display(Struct, frozen=True):
    """Where something can be drawn: the environment that says so."""

    environ: tuple[tuple[str, str], ...]
    programs: tuple[tuple[str, ...], ...]


class Message(Struct, frozen=True):
    """What is run to show a text, which is added to the command."""

    command: tuple[str, ...]
    environ: tuple[tuple[str, str], ...]


class IdentifyAct:
    """The folders are those of X, of users and of processes."""

    def __init__(self, x11: Path = _X11, users: Path = _USERS, proc: Path = _PROC) -> None:
        self._x11, self._users, self._proc = x11, users, proc

    def run(self, job: Job) -> End:
        """A program that ends with an error has drawn nothing."""
        assert isinstance(job.args, Identify)  # noqa: S101 - the frame has parsed them
        message = self.find(job.config.acts)
        if message is None:
            return failed(OutcomeReason.NOT_POSSIBLE_HERE, _REMEDY)
        text, for_s = job.args.text or job.config.kiosk, job.args.for_s
        job.step(1, "showing the message")
        limited = (_TIMEOUT, str(for_s), *message.command, text)
        process = outside.start(limited, for_s + 5, dict(message.environ))
        try:
            _, said = process.communicate(timeout=for_s + 10)
        except subprocess.TimeoutExpired:
            outside.end(process)
            said = b""
        shown = {"program": message.command[0], "text": text, **dict(message.environ)}
        shown.pop("XAUTHORITY", None)
        if process.returncode == _ENDED_BY_TIMEOUT:
            return done(shown_s=for_s, closed=False, **shown)
        if process.returncode == 0:
            return done(closed=True, **shown)  # by somebody who stands there
        detail = said.decode("utf-8", "replace").strip()[:200]
        return failed(OutcomeReason.DID_NOT_WORK, detail or f"exit {process.returncode}", **shown)

    def hindrance(self, scene: Scene, _args: Struct) -> str:
        """No display, or no program that draws on it."""
        if not self._display(scene.config.acts):
            return verdicts.lacking("no display found: set commands.display in agent.toml")
        return "" if self.find(scene.config.acts) else verdicts.lacking(_REMEDY)

    def find(self, acts: Acts) -> Message | None:
        """What shows a text here; None when nothing can."""
        display = self._display(acts)
        if display is None:
            return None
        programs: Sequence[tuple[str, ...]] = (acts.message,) if acts.message else display.programs
        for program in programs:
            if Path(program[0]).exists():
                return Message(program, display.environ)
        return None

    def _display(self, acts: Acts) -> Display | None:
        if acts.display:
            xauthority = acts.xauthority or self._xauthority(acts.display)
            return _on_x11(acts.display, xauthority)
        numbers = sorted(each.name[1:] for each in self._x11.glob("X*") if each.is_socket())
        if numbers:
            display = f":{numbers[0]}"
            return _on_x11(display, acts.xauthority or self._xauthority(display))
        for socket in sorted(self._users.glob("*/wayland-*")):
            if socket.is_socket():
                environ = (
                    ("XDG_RUNTIME_DIR", str(socket.parent)),
                    ("WAYLAND_DISPLAY", socket.name),
                )
                return Display(environ, ON_WAYLAND)
        return None

    def _xauthority(self, display: str) -> str:
        """The cookie's file, of a program that draws on this display already."""
        for path in self._proc.glob("[0-9]*/environ"):
            environ = _environ(path)
            if environ.get("DISPLAY", "").split(".")[0] == display and "XAUTHORITY" in environ:
                return environ["XAUTHORITY"]
        return ""


def resume(_job: Job) -> End:
    """The message has ended with its time, or will."""
    return nobody_knows()


def work(scene: Scene) -> Work:
    """The command."""
    act = IdentifyAct()
    return Errand(NAME, scene, act.run, resume, act.hindrance)


def _on_x11(display: str, xauthority: str) -> Display:
    cookie = (("XAUTHORITY", xauthority),) if xauthority else ()
    return Display((("DISPLAY", display), *cookie), ON_X11)


def _environ(path: Path) -> Mapping[str, str]:
    try:
        raw = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}  # it has gone, or is not ours to ask
    return dict(each.split("=", 1) for each in raw.split("\0") if "=" in each)
