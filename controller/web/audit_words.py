"""The audit's actions in words, for the list and one entry."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.web.words import COMMAND, Words, word

ACTION: Words = {
    "login": gettext_lazy("Logged in"),
    "login.failed": gettext_lazy("Login failed"),
    "login.refused": gettext_lazy("Login refused"),
    "login.throttled": gettext_lazy("Login held off: too many failed"),
    "logout": gettext_lazy("Logged out"),
    "session.end": gettext_lazy("Session ended"),
    "second-factor.on": gettext_lazy("Second factor set up"),
    "second-factor.recovery-code": gettext_lazy("Recovery code used"),
    "second-factor.new-codes": gettext_lazy("New recovery codes made"),
    "second-factor.reset": gettext_lazy("Second factor removed"),
    "token.create": gettext_lazy("API token made"),
    "token.revoke": gettext_lazy("API token revoked"),
    "token.failed": gettext_lazy("API token not accepted"),
    "user.create": gettext_lazy("User added"),
    "user.role": gettext_lazy("Role changed"),
    "user.password": gettext_lazy("Password changed"),
    "user.password-reset": gettext_lazy("Password reset"),
    "user.disable": gettext_lazy("User disabled"),
    "user.enable": gettext_lazy("User enabled"),
    "audit.export": gettext_lazy("Audit exported"),
    "audit.forget": gettext_lazy("Old entries of the audit removed"),
    "configuration.edit": gettext_lazy("Configuration edited"),
    "configuration.revert": gettext_lazy("Configuration gone back to a revision"),
    "fleet.import": gettext_lazy("Sites and kiosks imported"),
    "enrolment.token": gettext_lazy("Enrolment token made"),
    "enrolment.redeem": gettext_lazy("Kiosk enrolled"),
    "enrolment.renew": gettext_lazy("New certificate given"),
    "enrolment.renewed": gettext_lazy("New certificate in use"),
    "enrolment.minion-key": gettext_lazy("Salt minion's key exchanged"),
    "enrolment.clone": gettext_lazy("Certificate shown after it was replaced"),
    "enrolment.revoke": gettext_lazy("Certificate revoked"),
    "batch.create": gettext_lazy("Order to many kiosks given"),
    "batch.pause": gettext_lazy("Order to many kiosks paused"),
    "batch.resume": gettext_lazy("Order to many kiosks goes on"),
    "batch.abort": gettext_lazy("Order to many kiosks ended"),
    "release.import": gettext_lazy("Release taken in"),
    "release.withdraw": gettext_lazy("Release withdrawn"),
    "release.trust": gettext_lazy("Key of releases trusted"),
    "release.distrust": gettext_lazy("Key of releases trusted no more"),
    "rollout.propose": gettext_lazy("Rollout proposed"),
    "rollout.approved": gettext_lazy("Rollout approved"),
    "rollout.wave-approved": gettext_lazy("Wave of a rollout approved"),
    "rollout.paused": gettext_lazy("Rollout paused"),
    "rollout.resumed": gettext_lazy("Rollout goes on"),
    "rollout.aborted": gettext_lazy("Rollout ended"),
    "rollout.reverting": gettext_lazy("Rollout being undone"),
    "rollout.retried": gettext_lazy("Rollout tried again where it failed"),
    "rollout.check": gettext_lazy("Compliance of a kiosk checked"),
    "alert.acknowledge": gettext_lazy("Alert taken up"),
    "alert.note": gettext_lazy("Note on an alert"),
    "silence.begin": gettext_lazy("Muted, or maintenance announced"),
    "silence.end": gettext_lazy("Silence or maintenance ended"),
    "rule.save": gettext_lazy("Rule saved"),
    "rule.delete": gettext_lazy("Rule deleted"),
    "route.save": gettext_lazy("Route saved"),
    "route.delete": gettext_lazy("Route deleted"),
    "channel.create": gettext_lazy("Channel added"),
    "channel.save": gettext_lazy("Channel changed"),
    "channel.delete": gettext_lazy("Channel deleted"),
    "channel.test": gettext_lazy("Channel tried out"),
    "contact.create": gettext_lazy("Contact added"),
    "contact.save": gettext_lazy("Contact changed"),
    "contact.delete": gettext_lazy("Contact deleted"),
}
_ORDER = "command."


def action(name: str) -> str:
    """An action in words; its own name where there are none."""
    order = name.removeprefix(_ORDER)
    if order != name and order in COMMAND:
        told = word(COMMAND, order)
        return _("Order: %(order)s") % {"order": told[:1].lower() + told[1:]}
    return word(ACTION, name)


def actions() -> list[tuple[str, str]]:
    """What entries may be asked for by: the beginning of an action's name, and its words."""
    return [(_ORDER, _("Any order")), *((name, str(words)) for name, words in ACTION.items())]
