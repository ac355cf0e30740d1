"""What people do about alerts, and what other parts of the controller say is amiss with it.

Every write is audited, and moves the generation so that the next turn takes it in.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from controller.accounts.services import record
from controller.alerts import generation
from controller.alerts.alert import State
from controller.alerts.facts import DEAF
from controller.alerts.models import Alert, AlertEvent, Condition, Silence, Turn
from controller.alerts.rule_services import (
    delete_route,
    delete_rule,
    ensure_builtin,
    revert_rule,
    save_route,
    save_rule,
)
from controller.errors import NotFound, Refused
from controller.fleet.models import Kiosk, Site

__all__ = [
    "acknowledge",
    "clear_condition",
    "delete_route",
    "delete_rule",
    "end_silence",
    "ensure_builtin",
    "note",
    "revert_rule",
    "save_route",
    "save_rule",
    "set_condition",
    "silence",
]


@transaction.atomic
def acknowledge(
    alert_id: int,
    *,
    note: str,
    user: User | None,
    actor: str = "",
    address: str = "",
    now: datetime | None = None,
) -> Alert:
    """Somebody sees to it: nobody further is told. Raises NotFound, Refused when it is over."""
    alert = _alert(alert_id)
    if alert.state not in (State.FIRING, State.CLEARING):
        raise Refused(f"alert {alert_id} is {alert.state}: only one that fires is acknowledged")
    at, who = now or timezone.now(), _who(user, actor)
    alert.acknowledged_at, alert.acknowledged_by, alert.note = at, who, note
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    _tell(alert, AlertEvent.Name.ACKNOWLEDGED, at, who, note)
    _record("alert.acknowledge", alert, user=user, actor=actor, why=note, address=address)
    generation.move()
    return alert


@transaction.atomic
def note(
    alert_id: int,
    *,
    note: str,
    user: User | None,
    actor: str = "",
    address: str = "",
    now: datetime | None = None,
) -> Alert:
    """Write something beside an alert, whatever its state. Raises NotFound, Refused when empty."""
    if not note.strip():
        raise Refused("note is empty: write what was seen or done")
    alert = _alert(alert_id)
    alert.note = note
    alert.save(update_fields=["note"])
    _tell(alert, AlertEvent.Name.NOTED, now or timezone.now(), _who(user, actor), note)
    _record("alert.note", alert, user=user, actor=actor, why=note, address=address)
    return alert


@transaction.atomic
def silence(
    *,
    purpose: str,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    user: User | None,
    rule: str = "",
    kind: str = "",
    kiosk: Kiosk | None = None,
    site: str = "",
    department: str = "",
    actor: str = "",
    address: str = "",
) -> Silence:
    """Keep quiet about what it covers until its end; an empty field covers all.

    Raises Refused naming the field, its value and what it must be.
    """
    if purpose not in Silence.Purpose.values:
        raise Refused(
            f"purpose is {purpose!r}, must be one of: {', '.join(Silence.Purpose.values)}"
        )
    if not why.strip():
        raise Refused("why is empty: say why nobody needs to know")
    if ends_at <= starts_at:
        raise Refused(f"ends_at is {ends_at:%Y-%m-%d %H:%M}, must be after its begin")
    if site and not Site.objects.filter(code=site).exists():
        raise Refused(f"site is {site!r}, must be the code of a site")
    made = Silence.objects.create(
        purpose=purpose,
        rule=rule,
        kind=kind,
        kiosk=kiosk,
        site=site,
        department=department,
        starts_at=starts_at,
        ends_at=ends_at,
        why=why,
        by=user,
        actor=_who(user, actor),
    )
    record(
        action="silence.begin",
        subject=_scope(made),
        user=user,
        actor=actor,
        why=why,
        address=address,
        details={"silence": made.pk, "purpose": purpose, "until": ends_at.isoformat()},
    )
    generation.move()
    return made


@transaction.atomic
def end_silence(
    silence_id: int,
    *,
    user: User | None,
    actor: str = "",
    address: str = "",
    now: datetime | None = None,
) -> Silence:
    """End it before its time. Raises NotFound, Refused when it has ended."""
    at = now or timezone.now()
    found = Silence.objects.select_for_update().filter(pk=silence_id).first()
    if found is None:
        raise NotFound(f"no silence {silence_id}")
    if found.ends_at <= at:
        raise Refused(f"silence {silence_id} ended at {found.ends_at:%Y-%m-%d %H:%M} already")
    found.ends_at = at
    found.starts_at = min(found.starts_at, at)
    found.save(update_fields=["starts_at", "ends_at"])
    record(
        action="silence.end",
        subject=_scope(found),
        user=user,
        actor=actor,
        address=address,
        details={"silence": silence_id},
    )
    generation.move()
    return found


@transaction.atomic
def set_condition(key: str, subject: str, details: dict[str, Any], now: datetime) -> bool:
    """Something is amiss with the controller; whether that is new."""
    _, is_new = Condition.objects.update_or_create(
        key=key,
        subject=subject,
        defaults={"details": details},
        create_defaults={"details": details, "since": now},
    )
    if is_new:
        generation.move()
    return is_new


@transaction.atomic
def clear_condition(key: str, subject: str, now: datetime) -> bool:
    """It is no longer amiss; whether it was."""
    if not Condition.objects.filter(key=key, subject=subject).delete()[0]:
        return False
    generation.move()
    if key in DEAF:
        Turn.objects.update(deaf_until=now)
    return True


def _alert(alert_id: int) -> Alert:
    found = Alert.objects.select_for_update().filter(pk=alert_id).first()
    if found is None:
        raise NotFound(f"no alert {alert_id}")
    return found


def _tell(alert: Alert, name: str, at: datetime, who: str, text: str) -> None:
    details = {"note": text} if text else {}
    AlertEvent.objects.create(alert=alert, at=at, name=name, actor=who, details=details)


def _record(action: str, alert: Alert, **said: Any) -> None:
    subject = f"{alert.rule} {alert.culprit}"
    record(action=action, subject=subject, details={"alert": alert.pk}, **said)


def _who(user: User | None, actor: str) -> str:
    return (actor or (user.get_username() if user else "system"))[:150]


def _scope(made: Silence) -> str:
    parts = (made.rule, made.kind, made.kiosk_id or "", made.site, made.department)
    return " ".join(part for part in parts if part) or "all"
