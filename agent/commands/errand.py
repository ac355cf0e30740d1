"""A command that takes a while: a function in a thread of its own, which hands over to the loop.

A module of such a command offers

    def work(scene: Scene) -> Work:
        return Errand("clear-queue", scene, run, resume, hindrance)

`run(job) -> End` does it and may block; `resume(job) -> End`, in a later life of the agent, finds
out what became of it; `hindrance(scene, args) -> str` says in the loop why it cannot be done here.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import Any, TypeVar

from msgspec import Struct

from agent.commands import Teller
from agent.commands.scene import Scene
from agent.config import Peripheral
from agent.errors import AgentError
from agent.journal import Entry
from agent.loop import Loop
from agent.scheduler import Result
from contract.commands import CommandState, parse_args, spec
from contract.errors import CommandError
from contract.health import DeviceState
from contract.messages import Piece
from contract.reasons import OutcomeReason, because

log = logging.getLogger(__name__)

#: How often a probe is asked whether it helped.
LOOK_S = 5.0
#: The loop answers at once, unless it has ended or the disk hangs.
ANSWER_S = 60.0
#: An errand ends so long before the controller gives it up as unknown.
MARGIN_S = 10.0
T = TypeVar("T")


class End(Struct, frozen=True):
    """How a command ended."""

    state: CommandState
    reason: str = ""
    result: Mapping[str, Any] = {}


def done(**result: Any) -> End:
    """It worked."""
    return End(CommandState.SUCCEEDED, "", result)


def failed(reason: OutcomeReason, detail: str = "", **result: Any) -> End:
    """It did not."""
    return End(CommandState.FAILED, because(reason, detail), result)


def nobody_knows(**result: Any) -> End:
    """The agent ended meanwhile, and what became of it cannot be told."""
    reason = because(OutcomeReason.RESTARTED_WHILE_RUNNING)
    return End(CommandState.UNKNOWN, reason, result)


class Job:
    """What an errand may do while it runs. For its own thread: whatever is the loop's is asked
    of the loop, and waited for."""

    def __init__(self, scene: Scene, entry: Entry, tell: Teller, is_over: threading.Event) -> None:
        self.scene, self.entry, self.config = scene, entry, scene.config
        self.args = parse_args(entry.name, entry.args)
        #: Set once the agent has given this errand up: nothing more is to be begun.
        self.is_over = is_over
        self._tell = tell
        self._due = scene.clock.monotonic() + limit_s(entry.name)

    @property
    def left_s(self) -> float:
        """How long it may still take, in seconds."""
        return max(0.0, self._due - self.scene.clock.monotonic())

    @property
    def items(self) -> tuple[Peripheral, ...]:
        """The declared devices it is for: the one that was named, or all of its kinds."""
        return named(self.scene, self.entry.name, self.args)

    def step(self, percent: int, text: str) -> None:
        """Say how far it is: at once, and no more often than there is another step."""
        self.scene.loop.post(lambda: self._tell.progress(percent, text))

    def send(self, piece: Piece) -> None:
        """Send a part of what was fetched."""
        self.scene.loop.post(lambda: self._tell.piece(piece))

    def note(self, text: str) -> None:
        """Keep on disk what `noted` says in a later life. Raises StoreError: then do nothing."""
        self.in_loop(lambda: self._tell.note(text))

    def noted(self) -> str:
        """What was noted last; empty when nothing was."""
        return self.in_loop(self._tell.noted)

    def in_loop(self, action: Callable[[], T]) -> T:
        """What `action` answers or raises, done in the loop."""
        return ask(self.scene.loop, action)

    def devices(self) -> dict[str, DeviceState]:
        """All devices by id, as last measured."""
        return self.in_loop(lambda: {one.id: one for one in self.scene.devices()})

    def see(
        self, item: Peripheral, is_wanted: Callable[[DeviceState], bool], for_s: float
    ) -> tuple[bool, DeviceState | None]:
        """Have the device measured anew, again and again, until it is as wanted.

        Answers whether it came to that within `for_s` seconds, and how it was last.
        """
        began = self.scene.clock.monotonic()
        heard: SimpleQueue[DeviceState] = SimpleQueue()

        def watch(result: Result) -> None:
            if result.started >= began:
                for state in result.states:
                    if state.id == item.id:
                        heard.put(state)

        self.in_loop(lambda: self.scene.watchers.append(watch))
        try:
            return self._wait(item, is_wanted, heard, began + min(for_s, self.left_s))
        finally:
            self.scene.loop.post(lambda: self.scene.watchers.remove(watch))

    def _wait(
        self,
        item: Peripheral,
        is_wanted: Callable[[DeviceState], bool],
        heard: "SimpleQueue[DeviceState]",
        limit: float,
    ) -> tuple[bool, DeviceState | None]:
        from queue import Empty

        last: DeviceState | None = None
        while (left_s := limit - self.scene.clock.monotonic()) > 0 and not self.is_over.is_set():
            self.scene.loop.post(lambda: self.scene.look(item.kind))
            try:
                last = heard.get(timeout=min(LOOK_S, left_s))
            except Empty:
                continue
            if is_wanted(last):
                return True, last
            self.is_over.wait(min(1.0, max(0.0, limit - self.scene.clock.monotonic())))
        return False, last


Run = Callable[[Job], End]
Hindrance = Callable[[Scene, Struct], str]


class Errand:
    """One command (see `Work`). Ended as timed out when its thread does not come back."""

    def __init__(
        self,
        name: str,
        scene: Scene,
        run: Run,
        resume: Run,
        hindrance: Hindrance = lambda _scene, _args: "",
    ) -> None:
        self.name, self._scene = name, scene
        self._run, self._resume, self._hindrance = run, resume, hindrance

    def hindrance(self, args: Struct) -> str:
        """A device that is not here, or what this kiosk lacks."""
        return unknown_device(self._scene, self.name, args) or self._hindrance(self._scene, args)

    def begin(self, entry: Entry, tell: Teller) -> None:
        """Run it."""
        self._start(entry, tell, self._run)

    def resume(self, entry: Entry, tell: Teller) -> None:
        """Find out, which may take as long. It may be an older agent that took the order."""
        try:
            parse_args(entry.name, entry.args)
        except CommandError as err:
            tell(CommandState.UNKNOWN, because(OutcomeReason.ARGUMENTS_INVALID, str(err)))
            return
        self._start(entry, tell, self._resume)

    def _start(self, entry: Entry, tell: Teller, run: Run) -> None:
        is_over = threading.Event()
        job = Job(self._scene, entry, tell, is_over)

        def end(how: End) -> None:
            if not is_over.is_set():
                is_over.set()
                timer.cancel()
                tell(how.state, how.reason, how.result)

        def work() -> None:
            how = _safely(run, job)
            self._scene.loop.post(lambda: end(how))

        late_s = limit_s(self.name)
        late = failed(OutcomeReason.TIMED_OUT, f"{late_s:g} s")
        timer = self._scene.loop.later(late_s, lambda: end(late))
        threading.Thread(target=work, name="errand", daemon=True).start()


def limit_s(name: str) -> float:
    """How long an errand may take, in seconds."""
    return max(spec(name).runs_in_s - MARGIN_S, spec(name).runs_in_s / 2)


def named(scene: Scene, name: str, args: Struct) -> tuple[Peripheral, ...]:
    """The declared devices that command `name` is for with these arguments."""
    able = tuple(one for one in scene.config.peripherals if one.kind in spec(name).kinds)
    device = getattr(args, "device", None)
    return able if device is None else tuple(one for one in able if one.id == device)


def unknown_device(scene: Scene, name: str, args: Struct) -> str:
    """Why there is nothing here to do it to; empty when there is, or needs not be."""
    if not spec(name).kinds or named(scene, name, args):
        return ""
    able = [one.id for one in scene.config.peripherals if one.kind in spec(name).kinds]
    asked = getattr(args, "device", None)
    there = ", ".join(able) or "none"
    return because(OutcomeReason.DEVICE_UNKNOWN, f"{asked}: {there}" if asked else there)


def ask(loop: Loop, action: Callable[[], T]) -> T:
    """What `action` answers or raises in the loop, asked from another thread.

    Whatever goes wrong in it is the asker's: the loop goes on. Raises AgentError when the loop does
    not answer: it has ended, and a thread that waited for ever would hold a program up.
    """
    from queue import Empty

    answers: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

    def act() -> None:
        try:
            answers.put((action(), None))
        except Exception as err:
            answers.put((None, err))

    loop.post(act)
    try:
        answer, error = answers.get(timeout=ANSWER_S)
    except Empty:
        raise AgentError(f"the agent's loop did not answer within {ANSWER_S:g} s") from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]  # it is a T where there was no error


def _safely(run: Run, job: Job) -> End:
    """As it ended, whatever goes wrong in it: the agent goes on."""
    try:
        return run(job)
    except AgentError as err:
        return failed(OutcomeReason.DID_NOT_WORK, str(err))
    except Exception as err:
        log.exception("command %s", job.entry.name)
        return failed(OutcomeReason.DID_NOT_WORK, f"{type(err).__name__}: {err}")
