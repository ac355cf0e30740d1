"""Orders to kiosks: giving them, and following their life. Each call is one transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from contract.commands import CATALOGUE, CommandSpec, CommandState, parse_args, spec
from controller.accounts.services import record
from controller.commands.life import GRACE, End, overdue
from controller.commands.models import Command, CommandEvent
from controller.commands.outcomes import heard as heard
from controller.errors import NotFound, NotPermitted, Occupied, Refused
from controller.fleet.models import Device, Kiosk, Lifecycle
from controller.fleet.services import touch
from controller.text import printable

#: An order must leave time to travel, and none may lie in wait for weeks.
MIN_EXPIRY_S = 10
MAX_EXPIRY_S = 7 * 86_400

OPEN = tuple(state for state in CommandState if not state.is_final)
_WAITING = (CommandState.QUEUED, CommandState.SENT)
_DISRUPTIVE = tuple(entry.name for entry in CATALOGUE if entry.is_disruptive)


@transaction.atomic
def order(
    *,
    kiosk: Kiosk,
    name: str,
    args: dict[str, Any],
    user: User | None,
    actor: str = "",
    why: str = "",
    address: str = "",
    expires_in_s: int | None = None,
    is_forced: bool = False,
    identity: UUID | None = None,
) -> Command:
    """Queue a command for a kiosk; the worker sends it within a quarter of a second.

    `user` None is whoever runs the command line, named by `actor`. `is_forced` runs it even while a
    citizen is in session: it takes a right of its own, and a `why`. `identity` is of one who may
    ask again for want of an answer: the same gives the command that was ordered then. Raises
    CommandError for an unknown command or wrong arguments, NotPermitted, and Refused when it may
    not be done now.
    """
    entry = spec(name)
    typed = msgspec.to_builtins(parse_args(name, args))
    expiry = timedelta(seconds=_expiry_s(entry, expires_in_s))
    require_right(user, name)
    if is_forced:
        refuse_force(user, why)
    locked = _lock(kiosk)
    if identity is not None and (known := Command.objects.filter(pk=identity).first()):
        return _the_same(known, locked, name, typed)
    check(locked, name, typed, is_forced=is_forced)
    now = timezone.now()
    command = Command.objects.create(
        pk=identity or uuid4(),
        kiosk=locked,
        name=name,
        args=typed,
        issued_at=now,
        expires_at=now + expiry,
        is_forced=is_forced,
        why=printable(why),
        by=user,
    )
    CommandEvent.objects.create(command=command, state=CommandState.QUEUED, at=now, received_at=now)
    record(
        action=f"command.{name}",
        subject=locked.pk,
        user=user,
        actor=actor,
        why=why,
        address=address,
        details={"command": str(command.pk), "args": typed, "is_forced": is_forced},
    )
    touch([locked.pk], now)
    return command


def require_right(user: User | None, name: str) -> None:
    """Raises NotPermitted unless the user, or whoever runs the command line, may order it."""
    if user is not None and not user.has_perm(permission(name)):
        raise NotPermitted(
            gettext("%(user)s may not order %(name)s: ask a technician")
            % {"user": user.get_username(), "name": name}
        )


def check(kiosk: Kiosk, name: str, args: dict[str, Any], *, is_forced: bool = False) -> None:
    """Whether a kiosk takes this order now. Raises Occupied while a citizen is there, unless
    forced, and Refused for any other reason."""
    entry = spec(name)
    if kiosk.lifecycle == Lifecycle.RETIRED:
        raise Refused(
            gettext("kiosk %(kiosk)s is retired: it takes no orders") % {"kiosk": kiosk.pk}
        )
    _refuse_without_device(kiosk, entry, args.get("device"))
    if entry.yields_to_session and not is_forced and is_occupied(kiosk):
        raise Occupied(
            gettext("a citizen is at kiosk %(kiosk)s: wait for the end of the visit")
            % {"kiosk": kiosk.pk}
        )
    if entry.is_disruptive:
        _refuse_second(kiosk)


def is_occupied(kiosk: Kiosk) -> bool:
    """Whether a citizen is there, as far as a connected kiosk says."""
    session = Device.objects.filter(kiosk=kiosk, kind="session", kiosk__status__is_online=True)
    return any(facts.get("in_session") is True for facts in session.values_list("facts", flat=True))


def needs_typed(name: str) -> bool:
    """Whether a person types the kiosk's id before it is ordered. Raises CommandError."""
    return spec(name).is_disruptive


def permission(name: str) -> str:
    """The right to order a command, as Django names it."""
    return f"commands.run_{name.replace('-', '_')}"


def mark_sent(commands: Collection[UUID], now: datetime) -> int:
    """The broker has them; how many were still queued. One answered meanwhile keeps its state."""
    moved = _mark_sent(commands, now)
    # Apart, because ingest takes first the kiosk's status and then its commands.
    touch({kiosk for _, kiosk in moved}, now)
    return len(moved)


@transaction.atomic
def _mark_sent(commands: Collection[UUID], now: datetime) -> list[tuple[UUID, str]]:
    Command.objects.filter(pk__in=commands, sent_at=None).update(sent_at=now)
    queued = list(
        Command.objects.select_for_update()
        .filter(pk__in=commands, state=CommandState.QUEUED)
        .order_by("pk")
        .values_list("pk", "kiosk_id")
    )
    Command.objects.filter(pk__in=[pk for pk, _ in queued]).update(state=CommandState.SENT)
    CommandEvent.objects.bulk_create(
        [
            CommandEvent(command_id=pk, state=CommandState.SENT, at=now, received_at=now)
            for pk, _ in queued
        ],
        ignore_conflicts=True,
    )
    return queued


def expire_overdue(now: datetime) -> int:
    """End every command that is waited for in vain; how many."""
    # Looked for without a lock first: most of the time there is nothing, and ingest writes.
    if not Command.objects.filter(state__in=OPEN, expires_at__lte=now - GRACE).exists():
        return 0
    ended = _expire_overdue(now)
    touch({command.kiosk_id for command in ended}, now)
    return len(ended)


@transaction.atomic
def _expire_overdue(now: datetime) -> list[Command]:
    late = Command.objects.select_for_update().filter(state__in=OPEN, expires_at__lte=now - GRACE)
    ended = [
        (command, end)
        for command in late.order_by("pk")
        if (end := overdue(command.life, now)) is not None
    ]
    for command, end in ended:
        _presume(command, end, now)
    Command.objects.bulk_update(
        [command for command, _ in ended], ["state", "reason", "is_presumed", "finished_at"]
    )
    CommandEvent.objects.bulk_create(
        [
            CommandEvent(
                command=command, state=end.state, at=now, received_at=now, reason=end.reason
            )
            for command, end in ended
        ],
        ignore_conflicts=True,
    )
    return [command for command, _ in ended]


def forget(before: datetime) -> int:
    """Delete finished commands, with their events, that were ordered before; how many."""
    old = Command.objects.filter(issued_at__lt=before).exclude(state__in=OPEN)
    return old.delete()[1].get("commands.Command", 0)


def _expiry_s(entry: CommandSpec, wished: int | None) -> int:
    seconds = entry.expires_in_s if wished is None else wished
    if not MIN_EXPIRY_S <= seconds <= MAX_EXPIRY_S:
        raise Refused(f"expires_in_s is {seconds}, must be from {MIN_EXPIRY_S} to {MAX_EXPIRY_S}")
    return seconds


def refuse_force(user: User | None, why: str) -> None:
    """Who interrupts a citizen's visit may do so, and says why."""
    if user is not None and not user.has_perm("commands.force"):
        raise NotPermitted(
            gettext("%(user)s may not interrupt a session: ask an administrator")
            % {"user": user.get_username()}
        )
    if not why.strip():
        raise Refused(gettext("a session is interrupted only for a reason: say why"))


def _lock(kiosk: Kiosk) -> Kiosk:
    """The kiosk's row, held so that two orders to one kiosk come one after the other."""
    try:
        return Kiosk.objects.select_for_update(no_key=True).get(pk=kiosk.pk)
    except Kiosk.DoesNotExist as err:
        raise NotFound(f"no kiosk {kiosk.pk!r}: `vigie fleet` lists them") from err


def _the_same(known: Command, kiosk: Kiosk, name: str, args: dict[str, Any]) -> Command:
    """The command ordered before. Raises Refused when it was another one."""
    if (known.kiosk_id, known.name, known.args) != (kiosk.pk, name, args):
        raise Refused(
            gettext("this key has ordered a %(name)s of %(kiosk)s: take a new key")
            % {"name": known.name, "kiosk": known.kiosk_id}
        )
    return known


def _refuse_without_device(kiosk: Kiosk, entry: CommandSpec, wanted: str | None) -> None:
    """A kiosk that never told its devices is asked, and answers for itself."""
    if not entry.kinds:
        return
    known = dict(Device.objects.filter(kiosk=kiosk).values_list("device", "kind"))
    fit = sorted(device for device, kind in known.items() if kind in entry.kinds)
    if not known or (wanted is None and fit) or wanted in fit:
        return
    words = {"kiosk": kiosk.pk, "name": entry.name, "device": wanted, "known": ", ".join(fit)}
    if not fit:
        raise Refused(gettext("kiosk %(kiosk)s has no device for %(name)s") % words)
    raise Refused(
        gettext("kiosk %(kiosk)s has no %(device)s for %(name)s: it has %(known)s") % words
    )


def _refuse_second(kiosk: Kiosk) -> None:
    """No second disruptive command while one may still happen."""
    other = Command.objects.filter(kiosk=kiosk, name__in=_DISRUPTIVE, state__in=OPEN).first()
    if other is not None:
        raise Refused(
            gettext("kiosk %(kiosk)s has a %(name)s under way since %(time)s: wait for its end")
            % {
                "kiosk": kiosk.pk,
                "name": other.name,
                "time": f"{timezone.localtime(other.issued_at):%H:%M}",
            }
        )


def _presume(command: Command, end: End, now: datetime) -> None:
    command.state, command.reason = end.state, end.reason
    command.is_presumed, command.finished_at = True, now
