"""What can happen to a device: names of the events in a report. More may be added in version 1."""

from enum import StrEnum


class EventName(StrEnum):
    """The facts that come with each are named beside it."""

    SESSION_STARTED = "session-started"  # at (ISO 8601)
    SESSION_ENDED = "session-ended"  # began_at, duration_s
    RECOVERY_TRIED = "recovery-tried"  # rung, worked, detail
    RECOVERY_GAVE_UP = "recovery-gave-up"  # reason: no rung is left, or none may be tried any more
