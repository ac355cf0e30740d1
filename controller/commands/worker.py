"""The worker: leads or waits for its turn, sends commands, and does its chores beside."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import Error, close_old_connections, connection
from django.utils import timezone

from controller.commands.courier import Courier
from controller.commands.dispatch import Dispatch
from controller.commands.leadership import Leadership

_log = logging.getLogger("vigie.worker")

#: How long an order waits at most before it is sent.
TURN_S = 0.25
#: How often one that does not lead tries, and one in trouble tries again.
WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do now and then, a bit at a time so that nobody waits for the database.

    `step` does one bit at the given time and says whether there is more to do at once.
    """

    name: str
    every_s: float
    step: Callable[[datetime], bool]


class Complaints:
    """A chore that fails, said once with its trace, and once when it is done again."""

    def __init__(self) -> None:
        self._failing: dict[str, type[Exception]] = {}

    def failed(self, name: str, err: Exception) -> None:
        """To be called where it is caught."""
        if self._failing.get(name) is not type(err):
            _log.error("chore %s could not be done; trying on", name, exc_info=err)
        self._failing[name] = type(err)

    def done(self, name: str) -> None:
        """It worked."""
        if self._failing.pop(name, None) is not None:
            _log.info("chore %s is done again", name)


class Worker:
    """Runs until `stop`; troubles of the database are said once and outlasted."""

    def __init__(
        self,
        leadership: Leadership,
        courier: Callable[[], Courier],
        lanes: Sequence[Sequence[Chore]],
    ) -> None:
        """Each lane of chores has a thread of its own: what waits in one holds up no other."""
        self._leadership = leadership
        self._courier = courier
        self._lanes = lanes
        self._stop = threading.Event()
        self._complaint = ""
        self._complaints = Complaints()

    def stop(self) -> None:
        """End `run` after the turn in hand."""
        self._stop.set()

    def run(self) -> None:
        """Lead whenever nobody else does."""
        is_said = False
        while not self._stop.is_set():
            if self._leads():
                self._lead()
                is_said = False
            elif not is_said and not self._complaint:
                _log.info("another worker leads: waiting for its end")
                is_said = True
            self._stop.wait(WAIT_S)
        self._leadership.release()

    def _lead(self) -> None:
        _log.info("leading")
        resign = threading.Event()
        lanes = [
            threading.Thread(target=self._do_chores, args=(lane, resign), name=lane[0].name)
            for lane in self._lanes
        ]
        courier = self._courier()
        dispatch = Dispatch(courier)
        courier.start()
        for lane in lanes:
            lane.start()
        try:
            while not self._stop.is_set() and self._leads():
                self._turn(dispatch)
                courier.wait(TURN_S)
        finally:
            resign.set()
            courier.stop()
            for lane in lanes:
                lane.join()

    def _turn(self, dispatch: Dispatch) -> None:
        try:
            dispatch.turn(timezone.now())
        except Error as err:
            self._complain(f"the database does not answer: {err}; commands wait, trying on")
            close_old_connections()
            self._stop.wait(WAIT_S)
        else:
            self._recover()

    def _leads(self) -> bool:
        try:
            return self._leadership.is_held()
        except (Error, OSError) as err:
            self._complain(f"cannot ask who leads: {err}; trying on")
            return False

    def _do_chores(self, lane: Sequence[Chore], resign: threading.Event) -> None:
        """Each chore at once, then each after its time; never two of a lane at a time."""
        due = [time.monotonic()] * len(lane)
        try:
            while not resign.is_set():
                for index, chore in enumerate(lane):
                    if time.monotonic() >= due[index]:
                        self._do(chore, resign)
                        due[index] = time.monotonic() + chore.every_s
                resign.wait(WAIT_S)
        finally:
            connection.close()

    def _do(self, chore: Chore, resign: threading.Event) -> None:
        try:
            while not resign.is_set() and chore.step(timezone.now()):
                resign.wait(0.01)  # lets others at the database
        except Exception as err:  # one failing chore never stops another
            self._complaints.failed(chore.name, err)
            close_old_connections()
        else:
            self._complaints.done(chore.name)

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            _log.warning(text)
            self._complaint = text

    def _recover(self) -> None:
        if self._complaint:
            _log.info("the database answers again")
            self._complaint = ""
