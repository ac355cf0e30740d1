"""What a probe is: a name, a period, a time limit, and a function that measures devices."""

from collections.abc import Callable

from msgspec import Struct

from agent.config import Config
from contract.health import DeviceState


class LinkQuality(Struct, frozen=True):
    """The line to the controller, as the kernel sees it on the live MQTT connection.

    `loss_percent` is the share of TCP segments sent twice since the connection began.
    """

    rtt_ms: float
    jitter_ms: float
    loss_percent: float


class Context(Struct, frozen=True):
    """What a probe may know beside what it measures itself."""

    config: Config
    boot_id: str
    link: LinkQuality | None  # None when not connected
    in_session: bool = False  # a citizen is there: camera, sound and screen are not touched
    is_open: bool = True  # it is opening hours
    opens_in_s: float | None = None  # None while open, or without hours
    is_deep: bool = False  # somebody asked for the closest look there is


class Probe(Struct, frozen=True):
    """One subject that is measured. `run` may raise: the scheduler reports it."""

    name: str
    period_s: float
    timeout_s: float
    run: Callable[[Context], tuple[DeviceState, ...]]
