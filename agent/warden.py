"""Sees once an hour that this kiosk's Salt minion runs, and has it repaired when it does not.

Salt can repair the agent, and the agent the minion: no update that goes wrong loses both. A look
reads two small files; what a repair needs is loaded when there is one. It is left two looks' time:
Salt restarts its own minion when it updates it.
"""

import logging
import threading
from contextlib import suppress
from pathlib import Path

from agent.clock import Clock
from agent.config import Config
from agent.errors import AgentError

log = logging.getLogger(__name__)

_LOOKS = 2
_DAY_S = 86_400.0


class Warden:
    """Belongs to the loop; a repair has a thread of its own while it lasts."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._terms = config.broker.key.with_name("minion.json")
        self._missed = 0
        self._tries: list[float] = []
        self._repair: threading.Thread | None = None

    def look(self) -> None:
        """Repair a minion that was missed the last time already, within the day's budget."""
        if not self._terms.exists() or running(self._config.minion.pidfile):
            self._missed = 0
            return
        self._missed += 1
        if self._missed == _LOOKS:
            log.warning("the Salt minion does not run")
        if self._missed >= _LOOKS and self._may_try():
            self._repair = threading.Thread(target=self._do, daemon=True)
            self._repair.start()

    def wait(self, for_s: float) -> None:
        """Until a repair that is under way has ended."""
        if self._repair is not None:
            self._repair.join(for_s)

    def _may_try(self) -> bool:
        now = self._clock.monotonic()
        self._tries = [at for at in self._tries if now - at < _DAY_S]
        is_busy = self._repair is not None and self._repair.is_alive()
        if is_busy or len(self._tries) >= self._config.recovery.per_day:
            return False
        self._tries.append(now)
        return True

    def _do(self) -> None:
        from agent import minionrepair  # of a repair only

        try:
            done = minionrepair.repair(self._config, lambda *_: None, threading.Event())
        except (AgentError, OSError) as err:
            log.warning("the Salt minion cannot be repaired: %s", err)
            return
        said = "; ".join((*done.found, *done.done))
        if done.pid is None:
            log.warning("the Salt minion was not brought back: %s", said)
        else:
            log.info("the Salt minion was repaired: %s", said)


def running(pidfile: Path) -> int | None:
    """The process of the minion that wrote this file; None when it does not run."""
    with suppress(OSError, ValueError):
        found = int(pidfile.read_text())
        if b"salt-minion" in Path(f"/proc/{found}/cmdline").read_bytes():
            return found
    return None
