"""A command's reasons in plain words, for pages and the command line."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from controller.commands.life import GivenUp

_WORDS: dict[str, Promise] = {
    GivenUp.NOT_DELIVERED: _(
        "Never delivered: the kiosk was not connected before the order expired."
    ),
    GivenUp.NOT_ANSWERED: _("Expired: the kiosk did not answer in time. It is probably offline."),
    GivenUp.NO_OUTCOME: _("The kiosk began, and never said how it ended. Look at it on site."),
}


def reason_text(reason: str) -> str:
    """The words for a reason; a reason that has none, such as a kiosk's own text, as it is."""
    return str(_WORDS.get(reason, reason))
