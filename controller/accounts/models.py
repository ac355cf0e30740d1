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


class ApiToken(models.Model):
    """The right to use the API as one user. Only the secret's SHA-256 is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
