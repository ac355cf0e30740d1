"""Orders given to kiosks, and all that was heard of them."""

import uuid

from django.conf import settings
from django.db import models

from contract.commands import CATALOGUE, CommandState
from controller.fleet.models import Kiosk


class Command(models.Model):
    """One order to one kiosk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="commands")
    name = models.CharField(max_length=64, choices=[(spec.name, spec.name) for spec in CATALOGUE])
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
            (f"run_{spec.name.replace('-', '_')}", f"Can order {spec.name}") for spec in CATALOGUE
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
