"""How often the agent does what no probe and no command asks for."""

from msgspec import Struct

from agent.courier import RESEND_S


class Pace(Struct, frozen=True):
    """How often the agent does what is nobody's turn."""

    beat_s: float = 15.0  # keep alive, send again, try the disk
    full_report_s: float = 3600.0
    resend_s: float = RESEND_S
    settle_s: float = 30.0  # a probe that has not answered by then is not waited for
    down_within_s: float = 120.0
