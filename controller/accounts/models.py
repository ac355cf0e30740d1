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
