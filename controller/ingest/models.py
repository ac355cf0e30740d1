"""What was heard from kiosks, as it came, and what is known to be missing."""

from django.db import models

from controller.fleet.models import Kiosk


class Stream(models.Model):
    """One outbox of one kiosk, and how far it is committed.

    All up to `watermark` is stored or known lost. `ahead` holds the seqs stored beyond it, empty
    unless messages came out of order.
    """

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="streams")
    epoch = models.CharField(max_length=16)
    watermark = models.BigIntegerField(default=0)
    ahead = models.JSONField(default=list)
    lost = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("kiosk", "epoch"), name="stream_once")]


class Received(models.Model):
    """A durable message as it came."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="received")
    epoch = models.CharField(max_length=16)
    seq = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    received_at = models.DateTimeField(db_index=True)
    payload = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("kiosk", "epoch", "seq"), name="received_once")
        ]


class Gap(models.Model):
    """Messages that a kiosk wrote and that will never come: its outbox was full."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="gaps")
    epoch = models.CharField(max_length=16)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-seen_at", "-id")


class Rejected(models.Model):
    """A message that could not be read, kept to be looked at. Bounded: the oldest go first."""

    at = models.DateTimeField()
    topic = models.CharField(max_length=300)
    payload = models.BinaryField()  # its first 4,096 bytes
    error = models.CharField(max_length=1000)

    class Meta:
        ordering = ("-id",)


class Rollup(models.Model):
    """How far received reports have gone into readings; one row, moved in the same transaction."""

    up_to = models.BigIntegerField(default=0)  # the id of a Received


class Tally(models.Model):
    """What one ingest process has done since its first start."""

    name = models.CharField(max_length=63, primary_key=True)
    stored = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True)  # its last sign of life, should there be nothing new
