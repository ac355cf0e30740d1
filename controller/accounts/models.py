"""Who did what. Users, groups and permissions are Django's own."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One thing a person did, kept as it was said then. Entries are only ever added."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    actor = models.CharField(max_length=150)  # the user's name then, or `cli:<login>`
    action = models.CharField(max_length=64)  # `command.reboot`, `login`, `user.create`, ...
    subject = models.CharField(max_length=150)  # a kiosk id, a user name, ...
    why = models.TextField(blank=True)
    address = models.CharField(max_length=45, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-id")


class Forgetting(models.Model):
    """The audit older than `before` may be deleted: there only while retention does it.

    Triggers refuse every other change of the audit (migration 0005).
    """

    before = models.DateTimeField()


class ApiToken(models.Model):
    """The right to use the API as one user, within its scopes. Only its SHA-256 is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)  # of scopes.Scope
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)


class LoginSession(models.Model):
    """A session of somebody logged in: whose, since when, from where."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="login_sessions"
    )
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=16)  # of sessions.Way

    class Meta:
        ordering = ("-seen_at",)


class SecondFactor(models.Model):
    """The secret that a user's app shares with us. It counts once it is confirmed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = models.CharField(max_length=200)  # sealed
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=-1)  # of 30 s; no code up to it counts again


class RecoveryCode(models.Model):
    """What stands in for a lost app, once. Only its digest is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "digest"), name="recovery_code_once"),
        )


class Identity(models.Model):
    """Whom an OpenID provider means by a subject. An address or a name may go to another person."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identity"
    )
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("issuer", "subject"), name="identity_once"),)
