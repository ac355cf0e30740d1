"""What a command needs of the agent around it. Made when the first that needs it is ordered."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from agent.clock import Clock
from agent.config import Config
from agent.loop import Loop
from agent.scheduler import Result
from contract.health import DeviceState

#: Hears every result of a probe, in the loop.
Watcher = Callable[[Result], None]


class Scene(Struct, frozen=True):
    """The agent, as far as commands are concerned. All of it belongs to the loop.

    `devices`: as last measured. `look`: run the probe of a kind now, as closely as it can, unless
    a citizen is there. `watchers`: whoever is in it hears each result. `is_heard`: all we said is
    committed. `restart_agent`: leave with a word to the region, and begin anew. `reconnect`: leave
    the broker and come back; calls back when away. `is_connected`: the broker has let us in.
    """

    config: Config
    loop: Loop
    clock: Clock
    devices: Callable[[], Iterable[DeviceState]]
    look: Callable[[str], None]
    watchers: list[Watcher]
    is_heard: Callable[[], bool]
    restart_agent: Callable[[], None]
    reconnect: Callable[[Callable[[], None]], None]
    is_connected: Callable[[], bool]
