"""Orders to many kiosks: made, gone through by turns, paused and ended. Each call is a transaction.

A turn reads how far everybody is, asks `rolling.decide`, and writes the orders it gives and the
kiosks' new states together: whoever is killed in between has done neither or both.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contract.commands import CommandState, parse_args, spec
from contract.errors import CommandError
from contract.reasons import OutcomeReason, parse
from controller.accounts.services import record
from controller.commands import services
from controller.commands.models import Batch, BatchItem
from controller.commands.rolling import Decision, End, Item, Plan, Turn, decide
from controller.errors import NotFound, Occupied, Refused
from controller.fleet.models import Kiosk
from controller.text import printable

MAX_KIOSKS = 5000
MAX_LIFE = timedelta(days=7)
#: A visit lasts some twenty minutes; a kiosk in session is asked again after this.
AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rolling:
    """How a batch goes through its list."""

    at_a_time: int = 1
    pause_s: int = 60
    stop_after_failures: int = 1
    life: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen now: who would get the order, and who would be refused it, and why."""

    would_get: tuple[str, ...]
    would_wait: Mapping[str, str]  # a citizen is there, or the kiosk is offline
    would_be_refused: Mapping[str, str]


def preview(
    *, kiosks: Collection[str], name: str, args: dict[str, Any], user: User | None,
    is_forced: bool = False, why: str = "",
) -> Preview:  # fmt: skip
    """The dry run: changes nothing. Raises what `create` would."""
    listed = _listed(kiosks)
    parse_args(name, args)
    services.require_right(user, name)
    if is_forced:
        services.refuse_force(user, why)
    found = {
        kiosk.pk: kiosk for kiosk in Kiosk.objects.select_related("status").filter(pk__in=listed)
    }
    get, wait, refuse = [], {}, {}
    for key in listed:
        kiosk = found[key]
        try:
            services.check(kiosk, name, args, is_forced=is_forced)
        except Occupied as err:
            wait[key] = str(err)
        except Refused as err:
            refuse[key] = str(err)
        else:
            status = getattr(kiosk, "status", None)
            if status is None or not status.is_online:
                wait[key] = _("it is not connected: the order waits for it until it expires")
            else:
                get.append(key)
    return Preview(tuple(get), wait, refuse)


@transaction.atomic
def create(
    *, kiosks: Collection[str], name: str, args: dict[str, Any], rolling: Rolling,
    user: User | None, actor: str = "", why: str = "", address: str = "",
    is_forced: bool = False,
) -> Batch:  # fmt: skip
    """Begin a batch; the worker gives its first orders within a second.

    `kiosks` are ids; the order in which they come is kept. Raises NotFound for an unknown one,
    CommandError, NotPermitted, and Refused naming what is out of bounds.
    """
    listed = _listed(kiosks)
    parse_args(name, args)
    services.require_right(user, name)
    if is_forced:
        services.refuse_force(user, why)
    _check(rolling)
    now = timezone.now()
    batch = Batch.objects.create(
        name=name, args=args, is_forced=is_forced, at_a_time=rolling.at_a_time,
        pause_s=rolling.pause_s, stop_after_failures=rolling.stop_after_failures,
        created_at=now, expires_at=now + rolling.life, why=printable(why), by=user,
        actor=actor or (user.get_username() if user else "system"), address=address,
    )  # fmt: skip
    BatchItem.objects.bulk_create(
        BatchItem(batch=batch, position=position, kiosk_id=kiosk)
        for position, kiosk in enumerate(listed)
    )
    record(
        action="batch.create", subject=str(batch.pk), user=user, actor=actor, why=why,
        address=address,
        details={"name": name, "args": args, "kiosks": listed, "is_forced": is_forced,
                 "at_a_time": rolling.at_a_time, "pause_s": rolling.pause_s,
                 "stop_after_failures": rolling.stop_after_failures},
    )  # fmt: skip
    return batch


def pause(batch_id: UUID, **who: Any) -> Batch:
    """No further orders until it goes on. Raises NotFound, Refused when it is not running."""
    return _move(batch_id, (Batch.State.RUNNING,), Batch.State.PAUSED, "batch.pause", **who)


def resume(batch_id: UUID, **who: Any) -> Batch:
    """Go on, also after it stopped by itself: what failed until then is forgiven, what was skipped
    comes. Raises NotFound, Refused when it is over."""
    with transaction.atomic():
        batch = _move(
            batch_id, (Batch.State.PAUSED, Batch.State.STOPPED), Batch.State.RUNNING,
            "batch.resume", **who,
        )  # fmt: skip
        batch.items.filter(state=BatchItem.State.SKIPPED).update(state=BatchItem.State.WAITING)
        failed = batch.items.filter(state=BatchItem.State.FAILED).count()
        if batch.stop_after_failures:
            batch.stop_after_failures += failed
            batch.save(update_fields=["stop_after_failures"])
    return batch


def abort(batch_id: UUID, **who: Any) -> Batch:
    """End it: nothing more is ordered, what is under way goes to its end."""
    with transaction.atomic():
        alive = (Batch.State.RUNNING, Batch.State.PAUSED, Batch.State.STOPPED)
        batch = _move(batch_id, alive, Batch.State.ABORTED, "batch.abort", **who)
        batch.items.filter(state=BatchItem.State.WAITING).update(state=BatchItem.State.SKIPPED)
    return batch


def forget(before: datetime) -> int:
    """Delete the batches whose life ended before; how many."""
    return Batch.objects.filter(expires_at__lt=before).delete()[1].get("commands.Batch", 0)


def turn(now: datetime) -> bool:
    """Go through every batch that is alive; whether any moved."""
    moved = False
    # One that waits for a person, maybe for ever, is followed only while something is under way.
    under_way = BatchItem.objects.filter(batch=OuterRef("pk"), state=BatchItem.State.ORDERED)
    followed = Q(state__in=(Batch.State.RUNNING, Batch.State.ABORTED)) | Exists(under_way)
    alive = Batch.objects.filter(followed, ended_at=None).order_by("created_at")
    for key in list(alive.values_list("pk", flat=True)):
        moved = _turn(key, now) or moved
    return moved


@transaction.atomic
def _turn(key: UUID, now: datetime) -> bool:
    # PostgreSQL locks no row that an outer join may lack: the batch's own alone.
    batch = Batch.objects.select_for_update(of=("self",)).select_related("by").get(pk=key)
    items = list(batch.items.select_related("command", "kiosk"))
    moved = [item for item in items if _follow(item, now)]
    decision = Decision()
    if batch.state == Batch.State.RUNNING:
        plan = Plan(
            batch.at_a_time, timedelta(seconds=batch.pause_s), batch.stop_after_failures,
            batch.expires_at,
        )  # fmt: skip
        decision = decide(plan, [_item(item) for item in items], now)
        # As ingest locks kiosks: two that have some in common wait for each other and never cross.
        ready = sorted((items[each] for each in decision.order), key=lambda item: item.kiosk_id)
        moved += [_order(batch, item, now) for item in ready]
        moved += [_skip(items[position], now) for position in decision.skip]
        if decision.end is not None:
            batch.state = decision.end.value
    BatchItem.objects.bulk_update(
        {item.pk: item for item in moved}.values(),
        ["state", "command", "reason", "not_before", "ended_at"],
    )
    is_over = decision.end is End.DONE or batch.state in (Batch.State.ABORTED,)
    if is_over and not any(item.state == BatchItem.State.ORDERED for item in items):
        batch.ended_at = now
    batch.save(update_fields=["state", "ended_at"])
    return bool(moved)


def _follow(item: BatchItem, now: datetime) -> bool:
    """Take over what became of the kiosk's command; whether it ended."""
    if item.state != BatchItem.State.ORDERED:
        return False
    if item.command is None:  # retention took it before anybody looked
        item.state, item.reason, item.ended_at = BatchItem.State.FAILED, "forgotten", now
        return True
    state = CommandState(item.command.state)
    if not state.is_final:
        return False
    code, _detail = parse(item.command.reason)
    if state is CommandState.REFUSED and code is OutcomeReason.IN_SESSION:
        item.state, item.not_before = BatchItem.State.WAITING, now + AGAIN
        return True
    has_worked = state is CommandState.SUCCEEDED
    item.state = BatchItem.State.SUCCEEDED if has_worked else BatchItem.State.FAILED
    item.reason = "" if has_worked else item.command.reason or str(state)
    item.ended_at = now
    return True


def _order(batch: Batch, item: BatchItem, now: datetime) -> BatchItem:
    try:
        with transaction.atomic():
            item.command = services.order(
                kiosk=item.kiosk, name=batch.name, args=batch.args, user=batch.by,
                actor=batch.actor, why=batch.why, address=batch.address,
                is_forced=batch.is_forced, expires_in_s=_expires_in_s(batch, now),
            )  # fmt: skip
        item.state = BatchItem.State.ORDERED
    except Occupied:
        item.not_before = now + AGAIN
    except (Refused, NotFound, CommandError) as err:  # the catalogue may be newer than the batch
        item.state, item.reason, item.ended_at = BatchItem.State.FAILED, str(err)[:500], now
    return item


def _expires_in_s(batch: Batch, now: datetime) -> int:
    left = int((batch.expires_at - now).total_seconds())
    try:
        usual = spec(batch.name).expires_in_s
    except CommandError:
        usual = left  # `order` says what is wrong with it
    return max(services.MIN_EXPIRY_S, min(left, usual))


def _skip(item: BatchItem, now: datetime) -> BatchItem:
    item.state, item.ended_at = BatchItem.State.SKIPPED, None
    return item


def _item(row: BatchItem) -> Item:
    return Item(row.position, Turn(row.state), row.ended_at, row.not_before)


@transaction.atomic
def _move(
    batch_id: UUID, before: Sequence[str], after: str, action: str, *,
    user: User | None, actor: str = "", why: str = "", address: str = "",
) -> Batch:  # fmt: skip
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(f"no batch {batch_id}")
    services.require_right(user, batch.name)
    if batch.state not in before:
        raise Refused(
            _("the batch is %(state)s: that is possible only when it is %(before)s")
            % {"state": batch.state, "before": " / ".join(before)}
        )
    batch.state = after
    batch.save(update_fields=["state"])
    record(action=action, subject=str(batch_id), user=user, actor=actor, why=why, address=address)
    return batch


def _listed(kiosks: Collection[str]) -> list[str]:
    listed = list(dict.fromkeys(kiosks))
    if not listed or len(listed) > MAX_KIOSKS:
        raise Refused(f"a batch has {len(listed)} kiosks, must have from 1 to {MAX_KIOSKS}")
    known = set(Kiosk.objects.filter(pk__in=listed).values_list("pk", flat=True))
    if strange := [key for key in listed if key not in known]:
        raise NotFound(f"no kiosk {strange[0][:63]!r}: `vigie fleet` lists them")
    return listed


def _check(rolling: Rolling) -> None:
    for name, value, low, high in (
        ("at_a_time", rolling.at_a_time, 1, 500),
        ("pause_s", rolling.pause_s, 0, 86_400),
        ("stop_after_failures", rolling.stop_after_failures, 0, 500),
    ):
        if not low <= value <= high:
            raise Refused(f"{name} is {value}, must be from {low} to {high}")
    if not timedelta(minutes=1) <= rolling.life <= MAX_LIFE:
        raise Refused(f"life is {rolling.life}, must be from 1 minute to {MAX_LIFE.days} days")
