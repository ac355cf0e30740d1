"""Renews this kiosk's certificate thirty days ahead, with nobody asking.

Looked at once an hour, which costs a read of one small file; of the hours of a day one is drawn by
chance, so that a region's kiosks, enrolled on one day, do not come on one day's hour. What a
renewal needs is loaded when there is one.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from agent import expiry
from agent.chance import chance
from agent.clock import Clock
from agent.config import Config
from agent.errors import AgentError
from agent.expiry import Validity

if TYPE_CHECKING:
    from agent.commands.scene import Scene
    from agent.renewal import Ports

log = logging.getLogger(__name__)

AHEAD_DAYS = 30
#: With so little left every hour counts.
URGENT_DAYS = 3
_A_DAY = 1 / 24
_POLL_S = 0.2
_AWAY_S = 10.0


class Foresight:
    """Belongs to the loop; a renewal has a thread of its own while it lasts."""

    def __init__(self, config: Config, clock: Clock, scene: "Callable[[], Scene]") -> None:
        self._config, self._clock, self._scene = config, clock, scene
        self._said = ""

    def begin(self) -> None:
        """Before connecting: put a renewal that was cut off to rights, and finish it. Or look:
        a kiosk that is never on for an hour would else never come to it."""
        certificate, key = self._config.broker.certificate, self._config.broker.key
        if not any(
            path.with_name(path.name + suffix).exists()
            for path in (certificate, key)
            for suffix in (".next", ".old")
        ):
            self.look()
            return
        from agent import renewal  # of a renewal only

        pair = renewal.present(self._config.broker)
        if renewal.mend(pair):
            log.warning("a change of certificate was cut off, and is now complete")
        if renewal.is_unfinished(pair):
            self._start()

    def look(self) -> None:
        """Renew when it is time."""
        validity = expiry.read(self._config.broker.certificate)
        if validity is not None and is_due(validity, self._clock.utc(), chance()):
            self._start()

    def _start(self) -> None:
        threading.Thread(target=self._renew, args=(self._scene(),), daemon=True).start()

    def _renew(self, scene: "Scene") -> None:
        from agent import renewal  # of a renewal only

        try:
            renewal.renew(self._config, ports(scene, lambda *_: None, threading.Event()))
        except (AgentError, OSError) as err:
            if str(err) != self._said:
                log.warning("the certificate is not renewed: %s; trying again", err)
            self._said = str(err)
        else:
            self._said = ""
            log.info("the certificate was renewed")


def is_due(validity: Validity, now: datetime, drawn: float) -> bool:
    """Whether to renew in this hour; `drawn` is a number by chance, 0 to 1.

    A certificate that has ended is not renewed: the door would not take it.
    """
    left = validity.days_left(now)
    if not 0 <= left < AHEAD_DAYS:
        return False
    return left < URGENT_DAYS or drawn < _A_DAY


def ports(scene: "Scene", step: Callable[[int, str], None], is_over: threading.Event) -> "Ports":
    """What a renewal in a thread of its own needs of the agent."""
    from agent.commands.errand import ask  # of a renewal only
    from agent.renewal import Ports

    def reconnect() -> None:
        away = threading.Event()
        ask(scene.loop, lambda: scene.reconnect(away.set))
        away.wait(_AWAY_S)

    def is_back(within_s: float) -> bool:
        waited_s = 0.0
        while waited_s < within_s and not is_over.wait(_POLL_S):
            if ask(scene.loop, lambda: scene.is_connected() and scene.is_heard()):
                return True
            waited_s += _POLL_S
        return False

    return Ports(reconnect, is_back, step)
