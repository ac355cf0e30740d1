"""Why an order was not carried out, in words for the pages: the controller's reasons, the kiosk's.

What a kiosk says in words of its own is shown as it is: it may be newer than we are.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contract.reasons import OutcomeReason, parse
from controller.commands.words import reason_text

WORDS: dict[OutcomeReason, str | Promise] = {
    OutcomeReason.EXPIRED_BEFORE_IT_CAME: _(
        "The order reached the kiosk too late: it was not carried out."
    ),
    OutcomeReason.AGE_UNKNOWN: _(
        "The kiosk's clock is not to be trusted and the order may be old: it was not carried out."
    ),
    OutcomeReason.JOURNAL_NOT_WRITABLE: _(
        "The kiosk cannot write to its disk, so it does nothing that it could do twice."
    ),
    OutcomeReason.COMMAND_UNKNOWN: _("The kiosk's agent is too old to know this order: update it."),
    OutcomeReason.ARGUMENTS_INVALID: _("The kiosk does not understand the details of this order."),
    OutcomeReason.OTHER_UNDER_WAY: _("Another order is under way on the kiosk: wait for its end."),
    OutcomeReason.ENDED_BEFORE_BEGUN: _("The kiosk's agent stopped before it had begun."),
    OutcomeReason.RESTARTED_WHILE_RUNNING: _(
        "The kiosk's agent restarted meanwhile: nobody knows how it ended."
    ),
    OutcomeReason.MACHINE_DID_NOT_REBOOT: _(
        "The kiosk's agent restarted, but the machine did not."
    ),
    OutcomeReason.MACHINE_STILL_UP: _("The machine was told to restart, and is still running."),
    OutcomeReason.IN_SESSION: _("A citizen was at the kiosk: nothing was done."),
    OutcomeReason.REBOOT_REFUSED: _("The machine refused to restart."),
    OutcomeReason.DEVICE_UNKNOWN: _("The kiosk has no such device, or it is of another kind."),
    OutcomeReason.NOT_POSSIBLE_HERE: _("This kiosk lacks what it takes."),
    OutcomeReason.DID_NOT_WORK: _("It was done, and what was to be better is not."),
    OutcomeReason.TIMED_OUT: _("It took too long: the kiosk gave it up."),
}

#: The detail tells an engineer something that the words do not.
_TECHNICAL = frozenset(
    {
        OutcomeReason.JOURNAL_NOT_WRITABLE,
        OutcomeReason.ARGUMENTS_INVALID,
        OutcomeReason.REBOOT_REFUSED,
        OutcomeReason.DEVICE_UNKNOWN,
        OutcomeReason.NOT_POSSIBLE_HERE,
        OutcomeReason.DID_NOT_WORK,
        OutcomeReason.TIMED_OUT,
    }
)


def answer(reason: str) -> str:
    """The words for the reason of a command or of one of its steps."""
    code, detail = parse(reason)
    if code is None:
        return reason_text(reason)
    words = str(WORDS[code])
    return f"{words} ({detail})" if detail and code in _TECHNICAL else words
