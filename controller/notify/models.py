"""Whom to tell, by which way, what is to be sent and what became of it."""

from django.db import models

from controller.alerts.models import Alert


class Channel(models.Model):
    """A way to reach people. What is secret of it is kept encrypted in `secret`."""

    class Kind(models.TextChoices):
        """Who carries it."""

        SMTP = "smtp"
        APPRISE = "apprise"  # SMS, Matrix, ntfy, and a hundred others
        WEBHOOK = "webhook"  # signed
        ALERTMANAGER = "alertmanager"  # Prometheus Alertmanager, API v2

    key = models.CharField(max_length=63, primary_key=True)
    title = models.CharField(max_length=150)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    settings = models.JSONField(default=dict)
    secret = models.BinaryField(default=b"")
    is_enabled = models.BooleanField(default=True)
    worked_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("key",)
        permissions = [("edit_channels", "Can edit channels and contacts")]


class Contact(models.Model):
    """A person or a team that can be told. Empty lists stand for all."""

    key = models.CharField(max_length=63, primary_key=True)
    name = models.CharField(max_length=150)
    language = models.CharField(max_length=2, default="fr")
    is_enabled = models.BooleanField(default=True)
    departments = models.JSONField(default=list)  # only of these
    least_severity = models.CharField(max_length=8, default="info")
    digest_at = models.TimeField(null=True)  # one message a day at this hour, instead of each

    class Meta:
        ordering = ("key",)


class Address(models.Model):
    """Where a contact is reached on a channel; empty where the channel itself says it all."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="addresses")
    address = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("contact", "channel", "address"), name="address_once")
        ]


class Notification(models.Model):
    """One message to one address, from when it is decided to when it arrived or was given up."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting"
        SENT = "sent"
        GIVEN_UP = "given-up"

    key = models.CharField(max_length=200, unique=True)  # the same cause to the same is told once
    kind = models.CharField(max_length=10)  # fired, escalated, resolved, unsilenced, digest, test
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.SET_NULL)
    address = models.CharField(max_length=255, blank=True)
    recipient = models.CharField(max_length=150)  # the contact's name then
    alerts = models.ManyToManyField(Alert, related_name="notifications")
    title = models.CharField(max_length=200)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-created_at", "-id")


class Try(models.Model):
    """One attempt at sending."""

    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="attempts"
    )
    at = models.DateTimeField()
    has_worked = models.BooleanField()
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("at", "id")
