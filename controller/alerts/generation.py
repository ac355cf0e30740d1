"""How often alerts, or what they are decided upon, were written: whoever writes moves it on."""

import secrets

from django.db import connection
from django.db.models import F

from controller.alerts.models import Turn

_ROW = 1  # the id of Turn's one row
#: A database that was put back, or is another one, differs by more.
_FAR = 1_000_000


def read() -> int:
    """The present generation; begun at random, so that no two databases are taken for one."""
    with connection.cursor() as cursor:  # at every turn: making the ORM's query takes longer
        cursor.execute("SELECT generation FROM alerts_turn WHERE id = %s", [_ROW])
        row = cursor.fetchone()
    if row is not None:
        return int(row[0])
    begun = {"generation": secrets.randbits(48)}
    return Turn.objects.get_or_create(pk=_ROW, defaults=begun)[0].generation


def move() -> None:
    """Somebody has written alerts, rules, routes, silences or conditions."""
    if not Turn.objects.filter(pk=_ROW).update(generation=F("generation") + 1):
        read()
        Turn.objects.filter(pk=_ROW).update(generation=F("generation") + 1)


def move_from(generation: int) -> bool:
    """The same, only if nobody else has since; whether it was so."""
    rows = Turn.objects.filter(pk=_ROW, generation=generation)
    return bool(rows.update(generation=F("generation") + 1))


def is_successor(found: int, known: int) -> bool:
    """Whether `found` may have come of `known` by a few writes."""
    return 0 <= found - known < _FAR
