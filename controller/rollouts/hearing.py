"""Returns heard as they come, in a thread beside the driver's."""

import logging
import threading
from collections.abc import Callable

from django.db import Error, close_old_connections, connection
from django.utils import timezone

from controller.rollouts import returning
from controller.salt.port import Port, PortError, Return

_log = logging.getLogger("vigie.rollouts")

_AGAIN_S = 2.0


class Listener:
    """Listens while the thread that called `listen` last is alive; cut off, it tries again.

    What it misses, the driver asks for: it makes a rollout quick, and no more right.
    """

    def __init__(self, port: Port) -> None:
        self._port = port
        self._thread: threading.Thread | None = None

    def listen(self) -> None:
        """See that somebody listens. Called again and again."""
        if self._thread is not None and self._thread.is_alive():
            return
        caller = threading.current_thread()
        self._thread = threading.Thread(
            target=self._run, args=(lambda: not caller.is_alive(),), name="returns", daemon=True
        )
        self._thread.start()

    def _run(self, is_over: Callable[[], bool]) -> None:
        pause = threading.Event()
        try:
            while not is_over():
                try:
                    self._port.follow(_heard, is_over)
                except PortError as err:
                    _log.debug("returns are not heard: %s", err)  # the driver says it once
                pause.wait(_AGAIN_S)
        finally:
            connection.close()


def _heard(given: Return) -> None:
    try:
        returning.store([given], timezone.now())
    except Error as err:  # it is asked for again
        _log.debug("return of %s not kept: %s", given.kiosk, err)
        close_old_connections()
