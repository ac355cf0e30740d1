"""What an alert's devices and reasons are called, on pages and in messages."""

from django.utils.translation import gettext_lazy as _

from controller.alerts.models import Alert
from controller.fleet.reasons import reason
from controller.fleet.words import DEVICE_KIND, PRESENCE_REASON, Words, word

#: Something amiss with the controller itself (alerts.models.Condition).
CONDITION: Words = {
    "channel-failing": _("messages no longer go out by it"),
    "broker-away": _("the broker does not answer: no kiosk is heard"),
    "ingest-silent": _("what kiosks say is not taken in"),
    "certificate-expiring": _("its certificate expires soon"),
    "minion-cloned": _("two machines answer Salt by its name"),
    "rollout-stopped": _("it stopped by itself: too many kiosks failed"),
}


def reason_of(alert: Alert, keyword: str) -> str:
    """One of its reasons in words, such as `paper jam`."""
    if alert.cause == Alert.Cause.CONTROLLER:
        return word(CONDITION, keyword)
    if not alert.device and keyword in PRESENCE_REASON:
        return word(PRESENCE_REASON, keyword)
    return reason(keyword)


def device_of(alert: Alert, name: str) -> str:
    """One of its devices in words: `Printer`, or `Printer (printer-2)` where its name says more."""
    kind = alert.kind if name == alert.device else name
    known = word(DEVICE_KIND, kind)
    return known if name == kind else f"{known} ({name})"
