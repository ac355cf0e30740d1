"""The form of an order to many kiosks."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.commands import CommandSpec
from controller.commands.models import Batch, BatchItem
from controller.fleet.selectors import Row
from controller.web.amounts import LengthField
from controller.web.order_forms import ArgumentsForm
from controller.web.words import Words

STATE: Words = {
    Batch.State.RUNNING: gettext_lazy("Under way"),
    Batch.State.PAUSED: gettext_lazy("Paused"),
    Batch.State.STOPPED: gettext_lazy("Stopped by itself: too many failed"),
    Batch.State.DONE: gettext_lazy("Done"),
    Batch.State.ABORTED: gettext_lazy("Ended by hand"),
}
STATE_SHAPE: Words = {
    Batch.State.RUNNING: "waiting",
    Batch.State.PAUSED: "aside",
    Batch.State.STOPPED: "failed",
    Batch.State.DONE: "ok",
    Batch.State.ABORTED: "aside",
}
ITEM: Words = {
    BatchItem.State.WAITING: gettext_lazy("Waits for its turn"),
    BatchItem.State.ORDERED: gettext_lazy("Under way"),
    BatchItem.State.SUCCEEDED: gettext_lazy("Done"),
    BatchItem.State.FAILED: gettext_lazy("Failed"),
    BatchItem.State.SKIPPED: gettext_lazy("Left out"),
}
ITEM_SHAPE: Words = {
    BatchItem.State.WAITING: "unknown",
    BatchItem.State.ORDERED: "waiting",
    BatchItem.State.SUCCEEDED: "ok",
    BatchItem.State.FAILED: "failed",
    BatchItem.State.SKIPPED: "aside",
}


class BatchForm(ArgumentsForm):
    """The arguments, the exact list of kiosks, and how the order goes from one to the next."""

    at_a_time = forms.IntegerField(
        label=gettext_lazy("How many at a time"), min_value=1, max_value=500, initial=1
    )
    pause_s = LengthField(label=gettext_lazy("Pause between two"), most=86_400, initial=60)
    stop_after_failures = forms.IntegerField(
        label=gettext_lazy("Failures before it stops"),
        min_value=0,
        max_value=500,
        initial=1,
        help_text=gettext_lazy("0: never."),
    )
    life_s = LengthField(
        label=gettext_lazy("Give up after"),
        least=60,
        most=7 * 86_400,
        initial=86_400,
    )
    force = forms.BooleanField(
        required=False, label=gettext_lazy("Even where a citizen is being received")
    )
    confirmation = forms.CharField(
        label=gettext_lazy("To confirm, type how many kiosks these are"),
        max_length=5,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": gettext_lazy("Type the number of kiosks to confirm.")},
    )

    def __init__(
        self,
        entry: CommandSpec,
        rows: Sequence[Row],
        *args: Any,
        may_force: bool,
        is_dry_run: bool,
        **options: Any,
    ) -> None:
        super().__init__(entry, None, *args, **options)
        ids = [row.kiosk.pk for row in rows]
        self.fields["kiosks"] = forms.MultipleChoiceField(
            choices=[(name, name) for name in ids],
            initial=ids,
            error_messages={"required": _("Tick at least one kiosk.")},
        )
        if not may_force or not entry.yields_to_session:
            del self.fields["force"]
        if not entry.is_disruptive:
            del self.fields["confirmation"]
        elif is_dry_run:  # it changes nothing: nothing is to be confirmed
            self.fields["confirmation"].required = False
        self._is_dry_run = is_dry_run

    @property
    def chosen(self) -> list[str]:
        """The kiosks that are ticked."""
        return list(self["kiosks"].value() or [])

    def clean(self) -> dict[str, Any]:
        """The number typed is the number ticked, unless nothing will be done."""
        said = super().clean()
        if "confirmation" in self.fields and not self._is_dry_run and "confirmation" in said:
            count = len(said.get("kiosks", ()))
            if said["confirmation"].strip() != str(count):
                self.add_error(
                    "confirmation",
                    _("You typed “%(typed)s”, and %(count)s kiosks are ticked.")
                    % {"typed": said["confirmation"], "count": count},
                )
        return said
