"""`restart-agent`: this program ends and begins anew; the one that begins tells of it."""

import os
from datetime import timedelta
from typing import Any

from msgspec import Struct

from agent.commands import Teller, Work
from agent.commands.scene import Scene
from agent.journal import Entry
from contract import RELEASE
from contract.commands import CommandState

#: How long the word "running" may take to reach the controller before we leave regardless.
FAREWELL_S = 3.0
_STEP_S = 0.1


class RestartAgent:
    """Leaves with a word. That another agent takes the command up again is the proof."""

    name = "restart-agent"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._started = scene.clock.monotonic()

    def hindrance(self, args: Struct) -> str:
        """None: whoever hears it can leave."""
        return ""

    def begin(self, entry: Entry, tell: Teller) -> None:
        """Let the region hear of it, then leave."""
        self._linger(FAREWELL_S)

    def resume(self, entry: Entry, tell: Teller) -> None:
        """This is another agent than the one that was told to."""
        result: dict[str, Any] = {"agent_version": RELEASE, "pid": os.getpid()}
        since_start = timedelta(seconds=self._scene.clock.monotonic() - self._started)
        away_s = (self._scene.clock.utc() - since_start - entry.began_at).total_seconds()
        if 0 <= away_s < timedelta(days=1).total_seconds():
            result["duration_s"] = round(away_s, 1)
        tell(CommandState.SUCCEEDED, result=result)

    def _linger(self, left_s: float) -> None:
        if left_s > 0 and not self._scene.is_heard():
            self._scene.loop.later(_STEP_S, lambda: self._linger(left_s - _STEP_S))
            return
        self._scene.restart_agent()


def work(scene: Scene) -> Work:
    """The command."""
    return RestartAgent(scene)
