"""Orders given to kiosks, and all that was heard of them."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models

from contract.commands import CATALOGUE, CommandState, spec
from controller.commands.life import Life
from controller.commands.rolling import Turn
from controller.fleet.models import Kiosk


class Command(models.Model):
    """One order to one kiosk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="commands")
    name = models.CharField(
        max_length=64, choices=[(entry.name, entry.name) for entry in CATALOGUE]
    )
    args = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10,
        choices=[(str(state), str(state)) for state in CommandState],
        default=CommandState.QUEUED,
    )
    reason = models.CharField(max_length=500, blank=True)
    result = models.JSONField(default=dict)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)  # when first accepted, by the controller's clock
    finished_at = models.DateTimeField(null=True)
    # The controller itself said `expired` or `unknown`: the kiosk may know better, later.
    is_presumed = models.BooleanField(default=False)
    is_forced = models.BooleanField(default=False)
    why = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ("-issued_at",)
        indexes = [
            models.Index(fields=("state", "issued_at"), name="command_by_state"),
            models.Index(fields=("kiosk", "-issued_at"), name="command_by_kiosk"),
        ]
        permissions = [
            *(
                (f"run_{entry.name.replace('-', '_')}", f"Can order {entry.name}")
                for entry in CATALOGUE
            ),
            ("force", "Can order while a citizen is in session"),
        ]

    @property
    def life(self) -> Life:
        """What its life depends on. A delayed reboot may take its delay longer."""
        delay_s = self.args.get("delay_s", 0)
        return Life(
            state=CommandState(self.state),
            expires_at=self.expires_at,
            runs_in=timedelta(seconds=spec(self.name).runs_in_s + delay_s),
            begun_at=self.begun_at,
            is_presumed=self.is_presumed,
        )


class CommandPiece(models.Model):
    """A part of a file that a command fetched, as it came; joined by `commands.files`."""

    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="pieces")
    index = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ("index",)
        constraints = [
            models.UniqueConstraint(fields=("command", "index"), name="command_piece_once")
        ]


class CommandEvent(models.Model):
    """One step in a command's life, as heard."""

    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="events")
    state = models.CharField(max_length=10)
    at = models.DateTimeField()  # by the kiosk's clock, or the controller's for queued and sent
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ("received_at", "id")
        constraints = [
            models.UniqueConstraint(fields=("command", "state", "at"), name="command_event_once")
        ]


class Batch(models.Model):
    """One order to many kiosks, given to some at a time. Its list is fixed when it is made."""

    class State(models.TextChoices):
        """Its life."""

        RUNNING = "running"
        PAUSED = "paused"  # by a person
        STOPPED = "stopped"  # by itself: too many failed
        DONE = "done"
        ABORTED = "aborted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=64)
    args = models.JSONField(default=dict)
    is_forced = models.BooleanField(default=False)
    at_a_time = models.PositiveSmallIntegerField()
    pause_s = models.PositiveIntegerField()  # between the end of one and the begin of the next
    stop_after_failures = models.PositiveSmallIntegerField()  # 0: never
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # what was not ordered by then never is
    ended_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)
    # None is the operator, who may do all: nobody who goes may leave that behind.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    actor = models.CharField(max_length=150)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        ordering = ("-created_at",)


class BatchItem(models.Model):
    """One kiosk of a batch."""

    State = Turn

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="batch_items")
    command = models.ForeignKey(
        Command, null=True, on_delete=models.SET_NULL, related_name="batch_items"
    )
    state = models.CharField(
        max_length=9, choices=[(str(turn), str(turn)) for turn in Turn], default=Turn.WAITING
    )
    reason = models.CharField(max_length=500, blank=True)
    not_before = models.DateTimeField(null=True)  # a citizen was there: again then
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=("batch", "kiosk"), name="batch_kiosk_once")]
