"""Writes of rules and routes: each with its history, each audited."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from controller.accounts.services import record
from controller.alerts import builtin, generation
from controller.alerts.models import Route, RuleVersion, StoredRule
from controller.alerts.routes import DEFAULT, parse_steps, require_key
from controller.alerts.rules import Rule, parse
from controller.errors import NotFound, Refused

_SYSTEM = "system"


@transaction.atomic
def ensure_builtin() -> int:
    """See to the built-in rules and a default route; how many rules are new or improved.

    A rule that was edited or deleted stays as people made it.
    """
    Route.objects.get_or_create(pk=DEFAULT, defaults={"title": "Support", "steps": []})
    written = 0
    stored = {row.key: row for row in StoredRule.objects.select_for_update()}
    for rank, rule in enumerate(builtin.rules()):
        row = stored.get(rule.key)
        body = plain(rule)
        if row is None:
            row = StoredRule(key=rule.key, version=0, is_builtin=True, body={})
        is_same = row.is_builtin and row.rank == rank and row.body == body
        if is_same or row.is_edited or row.is_deleted or not row.is_builtin:
            continue
        is_new_text = row.body != body
        row.rank, row.body = rank, body
        _keep(row, "built in", _SYSTEM, timezone.now(), is_new=is_new_text)
        written += is_new_text
    if written:
        generation.move()
    return written


@transaction.atomic
def save_rule(
    given: dict[str, Any],
    *,
    why: str,
    user: User | None,
    actor: str = "",
    address: str = "",
) -> StoredRule:
    """A new rule, or one as it shall be from now on. Raises Refused naming field and remedy.

    Alerts that fire keep what was agreed when they fired.
    """
    rule = parse(given)
    if not Route.objects.filter(pk=rule.route).exists():
        known = ", ".join(Route.objects.values_list("pk", flat=True))
        raise Refused(f"rule {rule.key!r}: route is {rule.route!r}, must be one of: {known}")
    row = StoredRule.objects.select_for_update().filter(pk=rule.key).first()
    row = row or StoredRule(key=rule.key, version=0, body={})
    default = builtin.rule(rule.key)
    row.body, row.is_deleted = plain(rule), False
    row.is_builtin = default is not None
    row.is_edited = default is not None and plain(default) != row.body
    return _saved(row, "rule.save", why, user, actor, address)


@transaction.atomic
def revert_rule(
    key: str,
    version: int,
    *,
    why: str,
    user: User | None,
    actor: str = "",
    address: str = "",
) -> StoredRule:
    """The rule as it was in that version, as a new version. Raises NotFound, Refused."""
    old = RuleVersion.objects.filter(rule_id=key, version=version).first()
    if old is None:
        raise NotFound(f"rule {key!r} has no version {version}")
    return save_rule(
        {**old.body, "key": key},
        why=why or f"as in version {version}",
        user=user,
        actor=actor,
        address=address,
    )


@transaction.atomic
def delete_rule(
    key: str, *, why: str, user: User | None, actor: str = "", address: str = ""
) -> StoredRule:
    """The rule counts no more; its history stays, and its alerts end without a word."""
    row = StoredRule.objects.select_for_update().filter(pk=key, is_deleted=False).first()
    if row is None:
        raise NotFound(f"no rule {key!r}")
    row.is_deleted = True
    return _saved(row, "rule.delete", why, user, actor, address)


@transaction.atomic
def save_route(
    key: str,
    title: str,
    steps: Sequence[Any],
    *,
    user: User | None = None,
    actor: str = "",
    address: str = "",
) -> Route:
    """Who is told, and who next: `steps` are `{"after_s": 0, "contacts": ["it"]}`.

    Raises Refused naming the step, its value and what it must be.
    """
    require_key(key)
    if not title.strip():
        raise Refused(f"title of route {key!r} is empty: say who is reached by it")
    values = {"title": title[:150], "steps": parse_steps(key, steps)}
    route, _ = Route.objects.update_or_create(pk=key, defaults=values)
    record(
        action="route.save", subject=key, user=user, actor=actor, address=address, details=values
    )
    generation.move()
    return route


@transaction.atomic
def delete_route(key: str, *, user: User | None = None, actor: str = "", address: str = "") -> None:
    """Raises NotFound, and Refused while a rule goes by it."""
    if key == DEFAULT:
        raise Refused(f"route {DEFAULT!r} stays: change its steps")
    rows = StoredRule.objects.filter(is_deleted=False)
    if users := [row.key for row in rows if row.body.get("route", DEFAULT) == key]:
        raise Refused(f"route {key!r} is of rule {users[0]!r}: give that rule another one first")
    if not Route.objects.filter(pk=key).delete()[0]:
        raise NotFound(f"no route {key!r}")
    record(action="route.delete", subject=key, user=user, actor=actor, address=address)
    generation.move()


def plain(rule: Rule) -> dict[str, Any]:
    """A rule in plain values, as it is stored."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rule))
    return values


def _saved(
    row: StoredRule, action: str, why: str, user: User | None, actor: str, address: str
) -> StoredRule:
    who = actor or (user.get_username() if user else _SYSTEM)
    _keep(row, why, who, timezone.now(), is_new=True)
    record(
        action=action,
        subject=row.key,
        user=user,
        actor=actor,
        why=why,
        address=address,
        details={"version": row.version},
    )
    generation.move()
    return row


def _keep(row: StoredRule, why: str, who: str, at: datetime, *, is_new: bool) -> None:
    if is_new:
        row.version += 1
    row.save()
    if is_new:
        RuleVersion.objects.create(
            rule=row, version=row.version, body=row.body, at=at, actor=who[:150], why=why
        )
