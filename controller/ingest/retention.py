"""How long messages are kept as they came, and what is known of lost and unreadable ones."""

from datetime import datetime, timedelta

from controller.config import Retention
from controller.fleet.retention import delete_bit
from controller.ingest.models import Gap, Received, Rejected
from controller.ingest.rollup import counted

#: Payloads are large, so fewer of them in one transaction.
BIT = 1000


def forget(now: datetime, keep: Retention) -> bool:
    """Delete a bit of what is too old; whether there may be more.

    A message not yet counted into readings stays. That a message came once is remembered by its
    stream's watermark, not by its row.
    """
    received = now - timedelta(days=keep.received_days)
    gaps = now - timedelta(days=keep.changes_days)
    old = Received.objects.filter(received_at__lt=received, id__lte=counted())
    has_more = delete_bit(old, BIT)
    has_more |= delete_bit(Gap.objects.filter(seen_at__lt=gaps))
    return has_more | _bound_rejected(keep.rejected_rows)


def _bound_rejected(rows: int) -> bool:
    ids = Rejected.objects.order_by("-id").values_list("id", flat=True)
    first_too_many = next(iter(ids[rows : rows + 1]), 0)
    return delete_bit(Rejected.objects.filter(id__lte=first_too_many))
