"""Has the agents of kiosks that are to be proven look at everything, and say so.

An agent speaks by exception: of a kiosk that is well after an update nothing would be heard for up
to an hour, and of a camera that is not, nothing before its next turn.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Max

from contract.commands import CommandState
from controller.commands import services
from controller.commands.models import Command
from controller.errors import Refused
from controller.rollouts.models import Target
from controller.rollouts.stages import TargetStage

_log = logging.getLogger("vigie.rollouts")

NAME = "check-up"
#: One that was refused, as a citizen was there, or was lost, is asked again.
AGAIN = timedelta(minutes=2)
_EXPIRES_IN_S = 600


def done_since(kiosks: Collection[str]) -> dict[str, datetime]:
    """When the last check-up was ordered that each kiosk has done."""
    rows = Command.objects.filter(kiosk__in=kiosks, name=NAME, state=CommandState.SUCCEEDED)
    found = rows.order_by().values("kiosk_id").annotate(at=Max("issued_at"))
    return {row["kiosk_id"]: row["at"] for row in found}


def order(now: datetime) -> int:
    """Order one for each kiosk that is to be proven and has none under way; how many."""
    rows = Target.objects.filter(stage=TargetStage.PROVING, kiosk__status__is_online=True)
    ordered = 0
    for target in rows.select_related("kiosk").order_by("kiosk_id"):
        since = max(target.applied_at or now, now - AGAIN)
        if Command.objects.filter(kiosk=target.kiosk, name=NAME, issued_at__gte=since).exists():
            continue
        try:
            services.order(
                kiosk=target.kiosk,
                name=NAME,
                args={},
                user=None,
                actor="rollout",
                why=f"rollout {target.rollout_id}",
                expires_in_s=_EXPIRES_IN_S,
            )
        except Refused as err:  # a citizen is there, or something else is under way: later
            _log.debug("no check-up of %s yet: %s", target.kiosk_id, err)
        else:
            ordered += 1
    return ordered
