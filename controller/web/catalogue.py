"""The acts on a kiosk in plain words: under which heading, what each does, what it costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contract.commands import CATALOGUE, CommandSpec, Impact
from controller.commands.services import permission
from controller.fleet.models import Device
from controller.web.words import Words

#: Headings in the order in which a technician looks for them.
_GROUPS: Mapping[str | Promise, tuple[str, ...]] = {
    _("Look and measure"): ("check-up", "ping", "test-link", "fetch-logs"),
    _("Test a device"): ("print-test-page", "test-camera", "test-sound", "test-scanner"),
    _("Set right"): (
        "restart-application",
        "restart-printing",
        "clear-queue",
        "power-cycle",
        "restart-agent",
        "reboot",
    ),
    _("Keep up"): (
        "identify",
        "sync-clock",
        "renew-certificate",
        "repair-minion",
        "rotate-minion-key",
        "apply-configuration",
    ),
}

DOES: Words = {
    "reboot": _("Shuts the machine down and starts it again."),
    "restart-application": _("Stops the application that citizens see and starts it again."),
    "restart-agent": _("Starts Vigie's own program on the kiosk anew."),
    "power-cycle": _("Switches the USB port of a device off and on, as if it were replugged."),
    "restart-printing": _("Starts the printing service anew; documents that wait are kept."),
    "clear-queue": _("Throws away all documents that wait for a printer."),
    "print-test-page": _("Prints one page and watches it until it is out."),
    "test-sound": _("Plays a tone and listens to it by the microphone."),
    "test-camera": _("Takes a picture, judges it on the kiosk, and throws it away."),
    "test-scanner": _("Scans a small area, judges it on the kiosk, and throws it away."),
    "test-link": _("Measures delay, jitter and losses of the line towards the controller."),
    "check-up": _("Measures every device at once, the slow and noticeable tests included."),
    "fetch-logs": _("Brings here what the kiosk's services wrote down."),
    "identify": _("Shows a message on the kiosk's screen, so that it can be told apart on site."),
    "sync-clock": _("Sets the kiosk's clock right."),
    "renew-certificate": _("Gives the kiosk a new certificate, tried out before it counts."),
    "repair-minion": _(
        "Has the Salt minion run again, with its own settings and key, and reach its master."
    ),
    "rotate-minion-key": _("Gives the Salt minion a new key, in use once its master has it."),
    "apply-configuration": _("Brings the kiosk's settings to what is asked of it now."),
    "ping": _("Asks the kiosk's agent to answer: shows that orders arrive."),
}

_COSTS: Words = {
    Impact.NONE: _("Nobody at the kiosk notices."),
    Impact.NOTICED: _(
        "Seen or heard at the kiosk, and soon over. Refused while a citizen is received."
    ),
    Impact.DISRUPTIVE: _(
        "The kiosk cannot be used meanwhile. Refused while a citizen is received."
    ),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the catalogue as a person meets it."""

    spec: CommandSpec
    does: str
    costs: str

    @property
    def name(self) -> str:
        """Its name in the contract, which is also its address."""
        return self.spec.name


def act(spec: CommandSpec) -> Act:
    """The words of one entry."""
    return Act(spec, str(DOES.get(spec.name, "")), str(_COSTS[spec.impact]))


def offered(
    user: User | AnonymousUser, devices: Iterable[Device]
) -> list[tuple[str, tuple[Act, ...]]]:
    """What `user` may order to a kiosk with these devices, by heading."""
    kinds = {device.kind for device in devices}
    groups = []
    for title, names in _GROUPS.items():
        specs = (spec for name in names for spec in CATALOGUE if spec.name == name)
        acts = tuple(act(spec) for spec in specs if _is_offered(spec, user, kinds))
        if acts:
            groups.append((str(title), acts))
    return groups


def for_device(user: User | AnonymousUser, device: Device) -> list[Act]:
    """What `user` may order about one device, by its page's own link."""
    fitting = [
        spec
        for spec in CATALOGUE
        if device.kind in spec.kinds and user.has_perm(permission(spec.name))
    ]
    return [act(spec) for spec in sorted(fitting, key=_gentlest_first)]


def _gentlest_first(spec: CommandSpec) -> tuple[bool, bool]:
    return spec.is_disruptive, not spec.name.startswith(("print", "test"))


def _is_offered(spec: CommandSpec, user: User | AnonymousUser, kinds: set[str]) -> bool:
    if spec.kinds and not kinds.intersection(spec.kinds):
        return False
    return user.has_perm(permission(spec.name))
