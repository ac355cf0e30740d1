"""How a kiosk comes to have a certificate, and loses it."""

from django.conf import settings
from django.db import models

from controller.fleet.models import Kiosk


class EnrolmentToken(models.Model):
    """The right to one certificate for one kiosk. Only the secret's SHA-256 is kept."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)


class Certificate(models.Model):
    """A certificate that the region's authority gave to a kiosk."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="certificates")
    serial = models.CharField(max_length=40, unique=True)  # hexadecimal
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the DER, hexadecimal
    public_key = models.CharField(max_length=64)  # SHA-256 of the SubjectPublicKeyInfo
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    # Given again to a kiosk that lost the answer: it comes back with the same token and key.
    pem = models.TextField(default="")
    token = models.OneToOneField(
        EnrolmentToken, null=True, on_delete=models.SET_NULL, related_name="certificate"
    )
    # A renewed certificate has one successor: whoever asks for another has a copied key.
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="successor"
    )
    # Revoked from then on: its successor has been seen in the kiosk's hands.
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-issued_at",)
