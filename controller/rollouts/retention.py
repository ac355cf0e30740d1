"""How long rollouts are told of."""

from datetime import datetime

from controller.rollouts.models import Rollout


def forget(before: datetime) -> int:
    """Delete the rollouts that ended before, with their kiosks and their past; how many.

    What a kiosk has is kept: `Installed` does not go with its rollout.
    """
    old = Rollout.objects.filter(ended_at__lt=before)
    return old.delete()[1].get("rollouts.Rollout", 0)
