"""Rules with their history, silences, routes, and every alert with all that happened to it."""

from enum import StrEnum

from django.conf import settings
from django.db import models

from controller.alerts import alert as engine
from controller.alerts.rules import Severity
from controller.fleet.models import Kiosk


def _choices(of: type[StrEnum]) -> list[tuple[str, str]]:
    """What a column may hold: the engine's own words."""
    return [(str(one), str(one)) for one in of]


class StoredRule(models.Model):
    """A rule as it is now: a built-in one, one edited from it, or one of the region's own.

    `body` is alerts.rules.Rule in plain values; its key is `key`.
    """

    key = models.CharField(max_length=63, primary_key=True)
    version = models.PositiveIntegerField()
    rank = models.PositiveIntegerField(default=0)  # of equals that match, the first speaks
    is_builtin = models.BooleanField(default=False)  # has a default in builtin.toml
    is_edited = models.BooleanField(default=False)  # differs from that default
    is_deleted = models.BooleanField(default=False)  # kept for the history and for its alerts
    body = models.JSONField()

    class Meta:
        ordering = ("key",)
        permissions = [("edit_rules", "Can edit rules, routes and silences of all")]


class RuleVersion(models.Model):
    """A rule as it once became: who made it so, when and why."""

    rule = models.ForeignKey(StoredRule, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ("-version",)
        constraints = [
            models.UniqueConstraint(fields=("rule", "version"), name="rule_version_once")
        ]


class Route(models.Model):
    """Who is told, and who next when nobody takes it up.

    `steps` is a list of `{"after_s": 0, "contacts": ["it", ...]}`, the soonest first.
    """

    key = models.CharField(max_length=63, primary_key=True)
    title = models.CharField(max_length=150)
    steps = models.JSONField(default=list)

    class Meta:
        ordering = ("key",)


class Silence(models.Model):
    """Nobody is told of what it covers, from its begin to its end. An empty field covers all."""

    class Purpose(models.TextChoices):
        """Why nobody needs to know."""

        SILENCE = "silence"  # it is known
        MAINTENANCE = "maintenance"  # it is being worked on: it is not even an alert

    purpose = models.CharField(max_length=11, choices=Purpose.choices, default=Purpose.SILENCE)
    rule = models.CharField(max_length=63, blank=True)
    kind = models.CharField(max_length=32, blank=True)  # of the device
    kiosk = models.ForeignKey(
        Kiosk, null=True, blank=True, on_delete=models.CASCADE, related_name="silences"
    )
    site = models.CharField(max_length=50, blank=True)  # its code
    department = models.CharField(max_length=3, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    why = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    actor = models.CharField(max_length=150)
    is_ended = models.BooleanField(default=False)  # its end has been worked through

    class Meta:
        ordering = ("-starts_at", "-id")


class Condition(models.Model):
    """Something amiss with the controller itself, said by the part that notices it."""

    key = models.CharField(max_length=63)  # `channel-failing`, `broker-away`, ...
    subject = models.CharField(max_length=63, blank=True)  # which one: the channel's key, ...
    since = models.DateTimeField()
    details = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("key", "subject"), name="condition_once")]


class Alert(models.Model):
    """One cause, from its first sign to its end."""

    State = engine.State
    Cause = engine.Cause

    fingerprint = models.CharField(max_length=200)  # rule and culprit: one open alert each
    rule = models.CharField(max_length=63)
    severity = models.CharField(max_length=8, choices=_choices(Severity))
    cause = models.CharField(max_length=10, choices=_choices(engine.Cause))
    culprit = models.CharField(max_length=150)  # kiosk id, site code, department, provider, ...
    kiosk = models.ForeignKey(Kiosk, null=True, on_delete=models.CASCADE, related_name="alerts")
    device = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=32, blank=True)
    reasons = models.JSONField(default=list)
    details = models.JSONField(default=dict)  # a metric's value and bound, ...
    #: Frozen when it fired: {"rule": ..., "steps": [{"after_s": ..., "contacts": [...]}]}.
    policy = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=_choices(engine.State))
    since = models.DateTimeField()  # the first sign
    fired_at = models.DateTimeField(null=True, db_index=True)
    clear_since = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    flaps = models.PositiveIntegerField(default=0)  # how often it came back while clearing
    step = models.PositiveSmallIntegerField(default=0)  # of the route, told so far
    hidden_by = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="hides"
    )
    silenced_by = models.ForeignKey(
        Silence, null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("-since", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("fingerprint",),
                condition=models.Q(state__in=("pending", "firing", "clearing")),
                name="alert_open_once",
            )
        ]
        indexes = [models.Index(fields=("state", "-since"), name="alert_by_state")]
        permissions = [("acknowledge", "Can acknowledge and silence alerts")]


class Member(models.Model):
    """A kiosk that an alert of a wider cause is about."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="members")
    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("alert", "kiosk"), name="member_once")]


class AlertEvent(models.Model):
    """One line of an alert's timeline; what tells somebody is taken up by `notify`."""

    Name = engine.Told

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    name = models.CharField(max_length=12, choices=_choices(engine.Told))
    actor = models.CharField(max_length=150, blank=True)
    details = models.JSONField(default=dict)
    #: Whom to tell of it, a route's step; empty when nobody. Cleared when taken up.
    tells = models.JSONField(default=list)
    is_untold = models.BooleanField(default=False, db_index=True)

    class Meta:
        ordering = ("at", "id")


class Turn(models.Model):
    """One row: how far evaluation has come. Who writes alerts or rules moves `generation`.

    A turn is written only if nobody has moved it since the turn read what it decides upon: two
    workers by mistake never tell anything twice.
    """

    generation = models.BigIntegerField(default=0)
    deaf_until = models.DateTimeField(null=True)  # the last time that kiosks could not be heard
