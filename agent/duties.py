"""What this kiosk is told to do. Loaded, and made, when it is first told anything: most days nobody
orders anything, and what is not there weighs nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.board import Board
from agent.clock import Clock
from agent.commands import rare
from agent.commands.ping import Ping
from agent.commands.reboot import Reboot, Stage
from agent.journal import Journal
from agent.link import Link
from agent.loop import Loop
from agent.orders import Orders
from agent.outbox import Outbox
from agent.power import Power
from agent.voice import Voice

if TYPE_CHECKING:
    from agent.commands.scene import Scene


class Duties:
    """The commands and whoever carries them out, put together."""

    def __init__(
        self,
        *,
        loop: Loop,
        clock: Clock,
        power: Power,
        outbox: Outbox,
        voice: Voice,
        board: Board,
        link: Link,
        said: Callable[[], None],
        when_settled: Callable[[Callable[[], None]], None],
        down_within_s: float,
        scene: "Callable[[], Scene]",
    ) -> None:
        stage = Stage(
            is_heard=lambda: outbox.is_empty,
            leave=link.close,
            come_back=link.open,
            when_settled=when_settled,
            devices=board.devices,
        )
        self.reboot = Reboot(power, loop, clock, stage, down_within_s)
        self.orders = Orders(
            outbox,
            Journal(outbox.disk),
            voice,
            clock,
            board.devices,
            said,
            lambda name: rare(name, scene),
        )
        self.orders.learn((Ping(clock), self.reboot))
