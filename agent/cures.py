"""The recovery ladder put together, for a kiosk that may cure something: others never load it."""

from collections.abc import Callable, Mapping
from typing import Any

from agent.attempts import Attempts
from agent.clock import Clock, uptime_s
from agent.commands.reboot import Reboot
from agent.config import Config
from agent.ladder import Ladder, Scene
from agent.loop import Loop
from agent.power import BOOT_ID
from agent.recovery import Moment
from agent.remedies import remedies
from agent.store import Store
from contract.commands import CommandState

__all__ = ["Scene", "ladder", "moment", "restart"]


def ladder(config: Config, store: Callable[[], Store], scene: Scene, loop: Loop) -> Ladder:
    """With the remedies of this machine."""
    return Ladder(config, Attempts(store), remedies(config), scene, loop)


def moment(clock: Clock) -> Moment:
    """Now. The counter is the kernel's and so is its name, even where restarts are simulated."""
    utc_s = clock.utc().timestamp() if clock.is_trusted() else None
    return Moment(BOOT_ID.read_text().strip(), uptime_s(), utc_s)


def restart(reboot: Reboot, failed: Callable[[str], None]) -> None:
    """Restart the machine as the command does; `failed` hears why it did not."""

    def finish(
        state: CommandState, reason: str = "", result: Mapping[str, Any] | None = None
    ) -> None:
        failed(reason or str(state))

    reboot.leave(finish)
