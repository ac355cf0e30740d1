"""What the controller knows of the kiosks' minions."""

from django.db import models

from controller.fleet.models import Kiosk


class MinionKey(models.Model):
    """The public key of a kiosk's minion, and whether the master has it. The newest counts."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="minion_keys")
    public_key = models.TextField()  # PEM
    given_at = models.DateTimeField()
    laid_at = models.DateTimeField(null=True)  # on the master
    ended_at = models.DateTimeField(null=True)  # revoked, or another took its place
    removed_at = models.DateTimeField(null=True)  # from the master, of a revoked one

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("kiosk",),
                condition=models.Q(ended_at=None),
                name="one_minion_key_a_kiosk",
            )
        ]


class Return(models.Model):
    """What a minion gave back for a job: stored once, and counted when it came again."""

    jid = models.CharField(max_length=20)
    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="salt_returns")
    function = models.CharField(max_length=64)
    received_at = models.DateTimeField(db_index=True)
    retcode = models.IntegerField()
    has_succeeded = models.BooleanField()
    body = models.JSONField()  # as `port.Return.body`, diffs cut short, nothing secret
    began_ms = models.PositiveIntegerField(null=True)  # of the kiosk's day: see `clones`
    count = models.PositiveSmallIntegerField(default=1)  # two from one kiosk: it has a clone

    class Meta:
        constraints = [models.UniqueConstraint(fields=("jid", "kiosk"), name="return_once")]
