"""What minions gave back, kept."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from controller.fleet.models import Kiosk
from controller.salt import clones, models
from controller.salt.port import Return
from controller.text import storable


def _as_given(body: Any) -> Any:
    return body


@transaction.atomic
def store(returns: Iterable[Return], now: datetime, cut: Callable[[Any], Any] = _as_given) -> int:
    """Keep each return once; how many were new. `cut` makes of a body what is kept of it.

    The same one is heard as it comes and read from the master's cache: that is no second. One of
    another run of its job is counted with the first (see `clones`). Of a kiosk that is no more,
    nothing is kept. Which jobs are ours, the caller knows.
    """
    given: dict[tuple[str, str], list[Return]] = {}
    for one in returns:
        given.setdefault((one.jid, one.kiosk), []).append(one)
    here = set(
        Kiosk.objects.filter(pk__in={kiosk for _, kiosk in given}).values_list("pk", flat=True)
    )
    known = _known(given)
    fresh = [
        _row(same[0], now, cut)
        for key, same in given.items()
        if key not in known and key[1] in here
    ]
    models.Return.objects.bulk_create(fresh, ignore_conflicts=True)
    _count(given)
    return len(fresh)


def forget(before: datetime) -> int:
    """Delete returns received before; how many."""
    return models.Return.objects.filter(received_at__lt=before).delete()[0]


def _known(given: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    rows = models.Return.objects.filter(jid__in={jid for jid, _ in given})
    return set(rows.values_list("jid", "kiosk_id"))


def _row(one: Return, now: datetime, cut: Callable[[Any], Any]) -> models.Return:
    return models.Return(
        jid=one.jid,
        kiosk_id=one.kiosk,
        function=one.function[:64],
        received_at=now,
        retcode=one.retcode,
        has_succeeded=one.has_succeeded,
        body=storable(cut(one.body)),
        began_ms=clones.began_ms(one.body),
    )


def _count(given: dict[tuple[str, str], list[Return]]) -> None:
    """Those of which another run's return is stored: there were two, and no more can be told."""
    jids = {jid for jid, _ in given}
    rows = models.Return.objects.filter(jid__in=jids, count=1).exclude(began_ms=None)
    twice = [
        pk
        for pk, jid, kiosk, began_ms in rows.values_list("pk", "jid", "kiosk_id", "began_ms")
        if any(
            clones.are_two(began_ms, clones.began_ms(one.body))
            for one in given.get((jid, kiosk), ())
        )
    ]
    if twice:
        models.Return.objects.filter(pk__in=twice).update(count=2)
