"""Which fields of a rule's form count for which subject: the form shows them in such parts."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from controller.alerts.rules import Subject
from controller.web.alert_words import SUBJECT
from controller.web.words import word


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that count for these subjects, and for no other."""

    subjects: tuple[Subject, ...]
    names: tuple[str, ...]
    layout: str = ""  # a class of acts.css

    @property
    def title(self) -> str:
        """For whom it is: `If a device is not well, or several devices of a kiosk went at once`."""
        if len(self.subjects) == len(Subject) - 1:
            left_out = next(one for one in Subject if one not in self.subjects)
            return _("Unless %(subject)s") % {"subject": word(SUBJECT, left_out)}
        told = _(", or ").join(word(SUBJECT, subject) for subject in self.subjects)
        return _("If %(subjects)s") % {"subjects": told}


_KIOSKS = tuple(subject for subject in Subject if subject is not Subject.CONDITION)
PARTS = (
    Part((Subject.DEVICE, Subject.DEVICES, Subject.METRIC), ("kinds",)),
    Part((Subject.DEVICE, Subject.METRIC), ("only_required",)),
    Part((Subject.DEVICE, Subject.DEVICES), ("health",)),
    Part((Subject.DEVICE,), ("reasons", "except_reasons"), "pair"),
    Part((Subject.METRIC,), ("metric", "side", "bound", "clear"), "quad"),
    Part((Subject.PRESENCE,), ("left",)),
    Part((Subject.CONDITION,), ("conditions",)),
    Part(_KIOSKS, ("kiosk_kinds",)),
)
