"""Two machines with one kiosk's minion key, told by a job that was done twice.

Both get each job, and both answer. That a return comes twice proves nothing: a minion whose master
was slow to say "taken" gives it again. But a minion does a job of one id once, so two runs of the
same job are two machines'. Each state of a return tells when it started, to the microsecond, by
the kiosk's clock: no two runs agree, and a return given again does.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Max

from controller.alerts.models import Condition
from controller.alerts.services import clear_condition, set_condition
from controller.salt.models import MinionKey, Return

CLONED = "minion-cloned"
#: Said until so long has gone by without another: a clone may be switched on now and then.
LASTS = timedelta(days=3)
_DAY_MS = 86_400_000
#: Both get a job at once. A minion that was restarted has forgotten which jobs it did: given one
#: anew, it would do it again, but later than that.
_TOGETHER_MS = 60_000


def began_ms(body: Any) -> int | None:
    """When the first state of a return started, in milliseconds of the kiosk's day; None when it
    tells of no state.

    >>> began_ms({"a": {"start_time": "08:30:00.500000"}, "b": {"start_time": "08:30:07.000000"}})
    30600500
    >>> began_ms(["The function is running as PID 7"])
    """
    if not isinstance(body, Mapping):
        return None
    states = [state for state in body.values() if isinstance(state, Mapping)]
    times = [at for state in states if (at := _ms(state.get("start_time"))) is not None]
    return min(times, default=None)


def are_two(first_ms: int | None, second_ms: int | None) -> bool:
    """Whether two returns of one job are of two runs that went on together.

    >>> are_two(30_600_500, 30_600_500), are_two(30_600_500, 30_601_900), are_two(500, 600_500)
    (False, True, False)
    >>> are_two(86_399_900, 100), are_two(None, 100)
    (True, False)
    """
    if first_ms is None or second_ms is None or first_ms == second_ms:
        return False
    apart = abs(first_ms - second_ms)
    return min(apart, _DAY_MS - apart) <= _TOGETHER_MS


def notice(now: datetime) -> bool:
    """Say of which kiosks a job was done twice lately, by the key they have; and take it back.
    There is never more to do at once."""
    keys = MinionKey.objects.order_by().values("kiosk_id").annotate(at=Max("given_at"))
    newest = {row["kiosk_id"]: row["at"] for row in keys}
    rows = Return.objects.filter(count__gt=1, received_at__gte=now - LASTS).order_by("received_at")
    twice = {
        kiosk: (jid, at)
        for kiosk, jid, at in rows.values_list("kiosk_id", "jid", "received_at")
        if kiosk not in newest or at >= newest[kiosk]
    }
    said = set(Condition.objects.filter(key=CLONED).values_list("subject", flat=True))
    for kiosk in said - twice.keys():
        clear_condition(CLONED, kiosk, now)
    for kiosk in sorted(twice.keys() - said):
        jid, at = twice[kiosk]
        set_condition(CLONED, kiosk, {"jid": jid, "at": at.isoformat()}, now)
    return False


def _ms(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        at = time.fromisoformat(text)
    except ValueError:
        return None
    seconds = (at.hour * 60 + at.minute) * 60 + at.second
    return seconds * 1000 + at.microsecond // 1000
