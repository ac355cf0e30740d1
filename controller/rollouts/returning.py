"""Returns of minions, as they are heard or asked for: those that answer a job of ours are kept."""

from collections.abc import Iterable
from datetime import datetime

from controller.rollouts.models import Compliance, Target
from controller.rollouts.results import kept
from controller.salt import services
from controller.salt.port import Return


def store(returns: Iterable[Return], now: datetime) -> int:
    """Keep those that are ours; how many were new. Heard again changes nothing."""
    given = list(returns)
    ours = _expected({one.jid for one in given})
    mine = [one for one in given if (one.jid, one.kiosk) in ours]
    return services.store(mine, now, kept) if mine else 0


def _expected(jids: set[str]) -> set[tuple[str, str]]:
    """Who was given these jobs by us. Others' jobs are none of our business."""
    targets = Target.objects.filter(jid__in=jids).values_list("jid", "kiosk_id")
    asked = Compliance.objects.filter(jid__in=jids).values_list("jid", "kiosk_id")
    return {*targets, *asked}
