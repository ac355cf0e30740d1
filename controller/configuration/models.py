"""Layers of configuration, each with all its revisions; and which revision a kiosk is to have.

A revision's number counts over all layers, so "as of revision N" names one configuration of the
whole region: of each layer the newest that is not after N.
"""

from django.conf import settings
from django.db import models

from controller.fleet.models import Kiosk


class Revision(models.Model):
    """One state of one layer. Never changed: an edit, and a revert, write the next."""

    class Scope(models.TextChoices):
        """From the widest to the narrowest; the narrower wins."""

        REGION = "region"
        DEPARTMENT = "department"
        SITE = "site"
        KIOSK = "kiosk"

    scope = models.CharField(max_length=10, choices=Scope.choices)
    place = models.CharField(max_length=63, blank=True)  # number, site's code, kiosk's id; or ''
    document = models.JSONField(default=dict)  # what this layer says; secrets are sealed
    at = models.DateTimeField()
    why = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    actor = models.CharField(max_length=150)
    reverts_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("scope", "place", "-id"), name="revision_of_layer")]
        permissions = [("configure", "Can edit the configuration of kiosks")]


class Assignment(models.Model):
    """The revision that a kiosk's pillar is made as of: a rollout moves it, and nothing else."""

    kiosk = models.OneToOneField(
        Kiosk, primary_key=True, on_delete=models.CASCADE, related_name="assignment"
    )
    revision = models.ForeignKey(
        Revision, null=True, on_delete=models.PROTECT, related_name="+"
    )  # None: of before anything was configured
    since = models.DateTimeField()
