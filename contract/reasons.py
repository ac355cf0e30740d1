"""Why a kiosk did not do what it was told: codes that the reader's language is given to later.

`Outcome.reason` is a code, or a code and a detail after `: `; a reader shows any other text as it
is. Codes may be added within version 1.
"""

from enum import StrEnum


class OutcomeReason(StrEnum):
    """The code that an `Outcome.reason` begins with."""

    EXPIRED_BEFORE_IT_CAME = "expired-before-it-came"
    AGE_UNKNOWN = "age-unknown"  # neither the kiosk's clock nor the broker tells how old it is
    JOURNAL_NOT_WRITABLE = "journal-not-writable"  # what is not on disk first could be done twice
    COMMAND_UNKNOWN = "command-unknown"  # the agent is older than the controller
    ARGUMENTS_INVALID = "arguments-invalid"
    OTHER_UNDER_WAY = "other-under-way"
    ENDED_BEFORE_BEGUN = "ended-before-begun"  # the agent, before it had done anything about it
    RESTARTED_WHILE_RUNNING = "restarted-while-running"
    MACHINE_DID_NOT_REBOOT = "machine-did-not-reboot"
    MACHINE_STILL_UP = "machine-still-up"
    IN_SESSION = "in-session"  # a citizen is at the kiosk
    REBOOT_REFUSED = "reboot-refused"  # by the machine
    DEVICE_UNKNOWN = "device-unknown"  # no such device here, or it is of another kind
    NOT_POSSIBLE_HERE = "not-possible-here"  # this kiosk lacks what it takes: a program, a right
    DID_NOT_WORK = "did-not-work"  # it was done, and what was to be better is not
    TIMED_OUT = "timed-out"


def because(reason: OutcomeReason, detail: str = "") -> str:
    """The text of an `Outcome.reason`.

    >>> because(OutcomeReason.OTHER_UNDER_WAY, "reboot")
    'other-under-way: reboot'
    """
    return f"{reason}: {detail}" if detail else str(reason)


def parse(text: str) -> tuple[OutcomeReason | None, str]:
    """Code and detail of an `Outcome.reason`: the inverse of `because`.

    >>> parse("other-under-way: reboot")
    (<OutcomeReason.OTHER_UNDER_WAY: 'other-under-way'>, 'reboot')
    >>> parse("the paper: it burns")
    (None, 'the paper: it burns')
    """
    code, _, detail = text.partition(": ")
    try:
        return OutcomeReason(code), detail
    except ValueError:
        return None, text
