"""Words for the ways to reach people, and for what became of each message."""

from django.utils.translation import gettext_lazy as _

from controller.notify.models import Channel, Notification
from controller.web.words import Words

STATE: Words = {
    Notification.State.WAITING: _("To be sent"),
    Notification.State.SENT: _("Sent"),
    Notification.State.GIVEN_UP: _("Given up"),
}
SHAPE: Words = {
    Notification.State.WAITING: "waiting",
    Notification.State.SENT: "ok",
    Notification.State.GIVEN_UP: "failed",
}
KIND: Words = {
    "fired": _("alert opened"),
    "escalated": _("nobody had taken it up"),
    "resolved": _("alert over"),
    "unsilenced": _("still open after being muted"),
    "acknowledged": _("taken up"),
    "digest": _("daily summary"),
    "test": _("test message"),
}
CHANNEL: Words = {
    Channel.Kind.SMTP: _("E-mail"),
    Channel.Kind.APPRISE: _("SMS, Matrix, ntfy and others (Apprise)"),
    Channel.Kind.WEBHOOK: _("Signed webhook"),
    Channel.Kind.ALERTMANAGER: _("Prometheus Alertmanager"),
}
