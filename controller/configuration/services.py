"""Writes of the configuration: edits of layers, each audited; and which revision a kiosk is given.

An edit changes no kiosk. A rollout does, by `assign`; a kiosk that never had a pillar begins with
the newest revision there is when it first asks.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from controller.accounts.services import record
from controller.configuration import differences, sealed, selectors, trial, validate
from controller.configuration.errors import Breaks, Changed, Invalid
from controller.configuration.merge import LayerId
from controller.configuration.models import Assignment, Revision
from controller.configuration.problems import dotted
from controller.errors import Refused


@transaction.atomic
def edit(
    layer: LayerId,
    document: Mapping[str, Any],
    *,
    why: str,
    user: User | None,
    expected: int | None = None,
    actor: str = "",
    address: str = "",
) -> Revision:
    """What a layer says from now on, whole; a mask in a secret's place keeps that secret.

    `expected` is the number of the layer's revision that was read (0: it had none): raises Changed
    if it is not that any more. Raises NotFound for a place that is none, Invalid, Breaks, and
    Refused without a reason. What the layer says already makes no revision.
    """
    _one_at_a_time()
    trial.require_place(layer)
    present = selectors.latest(layer)
    if expected is not None and expected != (present.pk if present else 0):
        raise Changed(f"{layer} has been changed since you read it: read it again, and edit that")
    stored = trial.stored(document, present.document if present else {})
    if stored == (present.document if present else {}) and present is not None:
        return present
    return _write(layer, stored, None, why=why, user=user, actor=actor, address=address)


@transaction.atomic
def revert(
    number: int,
    *,
    why: str,
    user: User | None,
    expected: int | None = None,
    actor: str = "",
    address: str = "",
) -> Revision:
    """The layer of that revision says again what it said then, as its next revision.

    Raises NotFound, Changed, Invalid, Breaks, Refused as `edit` does.
    """
    _one_at_a_time()
    old = selectors.revision(number)
    layer = LayerId(old.scope, old.place)
    present = selectors.latest(layer)
    if present is None or (expected is not None and expected != present.pk):
        raise Changed(f"{layer} has been changed since you read it: read it again")
    if present.document == old.document:
        return present
    trial.require_place(layer)
    validate.require(sealed.masked(old.document))
    return _write(layer, old.document, old, why=why, user=user, actor=actor, address=address)


@transaction.atomic
def assign(kiosk_ids: Iterable[str], revision_id: int | None, now: datetime) -> None:
    """From now on these kiosks' pillars are as of that revision. Changes no kiosk by itself."""
    for kiosk_id in sorted(set(kiosk_ids)):
        Assignment.objects.update_or_create(
            pk=kiosk_id, defaults={"revision_id": revision_id, "since": now}
        )


def assigned(kiosk_id: str, now: datetime) -> int | None:
    """The number of the revision that a kiosk's pillar is as of: at first, the newest.

    It stays so: what is edited later reaches the kiosk by a rollout.
    """
    found = selectors.assignment(kiosk_id)
    if found is None:
        begin = {"revision": selectors.newest(), "since": now}
        found, _ = Assignment.objects.get_or_create(pk=kiosk_id, defaults=begin)
    return found.revision_id


def _write(
    layer: LayerId,
    stored: dict[str, Any],
    old: Revision | None,
    *,
    why: str,
    user: User | None,
    actor: str,
    address: str,
) -> Revision:
    if not why.strip():
        raise Refused("why is empty: say why the configuration is changed")
    found = trial.outcome(layer, stored)
    if found.broken:
        raise Breaks(found.broken)
    row = Revision.objects.create(
        scope=layer.scope,
        place=layer.place,
        document=stored,
        at=timezone.now(),
        why=why.strip()[:500],
        by=user,
        actor=(actor or (user.get_username() if user else "system"))[:150],
        reverts_to=old,
    )
    changed = [dotted(each.path) for each in differences.between(found.before, stored)]
    record(
        action="configuration.revert" if old else "configuration.edit",
        subject=str(layer),
        user=user,
        actor=actor,
        why=why,
        address=address,
        details={"revision": row.pk, "changed": changed[:100]}
        | ({"reverts_to": old.pk} if old else {}),
    )
    return row


def _one_at_a_time() -> None:
    """Numbers are given in the order of commits, so that "as of N" never gains a layer later; and
    two edits, each good by itself, cannot break a kiosk together. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE configuration_revision IN SHARE ROW EXCLUSIVE MODE")


__all__ = ["Breaks", "Changed", "Invalid", "assign", "assigned", "edit", "revert"]
