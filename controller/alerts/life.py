"""The life of one alert: begin, fire, clear, come back, end, and who is told of each. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from controller.alerts.alert import Alert, Event, Policy, State, Told
from controller.alerts.book import Book
from controller.alerts.facts import KioskFact, World
from controller.alerts.matching import Sign
from controller.alerts.openings import elapsed_s, reaches
from controller.alerts.rules import Rule, Subject

#: However often it came back, it need not stay away for longer.
HOLD_CAP_S = 6 * 3600
#: A first sign that goes and comes back so soon is one that flickers, and goes on counting; sooner
#: still where a rule waits for little: being away for most of that is no flicker.
_GAP_S = 150


def begin(book: Book, sign: Sign, since: datetime) -> Alert:
    """Note a first sign."""
    alert = Alert(
        sign.fingerprint,
        sign.rule.key,
        sign.rule.severity,
        sign.cause,
        sign.culprit,
        State.PENDING,
        since,
        sign.kiosk,
        sign.device,
        sign.kind,
        sign.reasons,
        {**sign.details, "onset": sign.onset.isoformat()},
    )
    return book.put(alert, Event(Told.PENDING))


def matures_at(world: World, alert: Alert) -> datetime | None:
    """When a first sign will have lasted for long enough; None: never, or it is away just now."""
    rule = world.rules.get(alert.rule)
    if rule is None or alert.clear_since is not None:
        return None
    kiosk, since = world.kiosks.get(alert.kiosk), alert.since
    if rule.match.subject is Subject.PRESENCE and world.deaf_until is not None:
        since = max(since, world.deaf_until)  # kiosks need a while to be heard again
    return reaches(rule.when, kiosk, since, rule.for_s, world.zone)


def fire(world: World, book: Book, alert: Alert, rule: Rule, now: datetime) -> Alert:
    """It has lasted for long enough: freeze what was agreed for this case, and tell."""
    policy = Policy(rule, world.routes.get(rule.route, ()))
    fired = replace(
        alert, state=State.FIRING, severity=rule.severity, policy=policy, fired_at=now, step=0
    )
    silence = silence_of(world, fired, now)
    if silence:
        return book.put(replace(fired, silenced_by=silence), Event(Told.FIRED))
    told, contacts = _due_steps(world, fired, now)
    return book.put(replace(fired, step=told), Event(Told.FIRED, {}, contacts))


def seen(book: Book, alert: Alert, sign: Sign) -> Alert:
    """It is still so, or so again."""
    values: dict[str, Any] = {"reasons": sign.reasons, "kind": sign.kind or alert.kind}
    if sign.details and sign.details.get("metric") != alert.details.get("metric"):
        values["details"] = {**alert.details, **sign.details}
    return still_so(book, alert, **values)


def still_so(book: Book, alert: Alert, **values: Any) -> Alert:
    """It is still so, or so again: then nobody is told, and it must stay away for longer."""
    if alert.state is not State.CLEARING:
        return book.change(alert, clear_since=None, **values)
    return book.change(
        alert,
        Event(Told.FLAPPED),
        state=State.FIRING,
        clear_since=None,
        flaps=alert.flaps + 1,
        **values,
    )


def clears_at(world: World, alert: Alert) -> datetime | None:
    """When it will have been away for long enough."""
    if alert.clear_since is None:
        return None
    if alert.policy is None:
        rule = world.rules.get(alert.rule)
        gap_s = min(_GAP_S, rule.for_s / 2) if rule is not None else 0
        return alert.clear_since + timedelta(seconds=gap_s)
    hold_s = alert.policy.rule.clear_for_s * 2 ** min(alert.flaps, 16)
    return alert.clear_since + timedelta(seconds=min(hold_s, max(HOLD_CAP_S, _least(alert))))


def unseen(world: World, book: Book, alert: Alert, since: datetime, now: datetime) -> Alert:
    """It is no longer so, since then."""
    if alert.state is State.PENDING:
        alert = book.change(alert, clear_since=alert.clear_since or min(since, now))
        ends = clears_at(world, alert)
        return drop(book, alert) if ends is not None and ends <= now else alert
    if alert.state is State.FIRING:
        alert = book.change(
            alert, Event(Told.CLEARING), state=State.CLEARING, clear_since=min(since, now)
        )
    ends = clears_at(world, alert)
    return resolve(book, alert, now) if ends is not None and ends <= now else alert


def drop(book: Book, alert: Alert, **details: Any) -> Alert:
    """It went before anybody was told."""
    return book.put(replace(alert, state=State.DROPPED), Event(Told.DROPPED, details))


def resolve(
    book: Book, alert: Alert, now: datetime, *, is_quiet: bool = False, **details: Any
) -> Alert:
    """It is over. Those who were told of it are told, unless a wider alert tells more."""
    over = replace(alert, state=State.RESOLVED, resolved_at=now, hidden_by="")
    tells = () if is_quiet or alert.silenced_by else told_to(alert)
    return book.put(over, Event(Told.RESOLVED, details, tells))


def end_quietly(book: Book, alert: Alert, now: datetime, **details: Any) -> None:
    """Whatever its state, it is of no concern any more, and nobody is told."""
    if alert.state is State.PENDING:
        drop(book, alert, **details)
    else:
        resolve(book, alert, now, is_quiet=True, **details)


def join(book: Book, alert: Alert, kiosk: str) -> None:
    """One more kiosk has the wider cause; that is no news."""
    book.change(
        alert,
        Event(Told.JOINED, {"kiosk": kiosk}),
        members=alert.members | {kiosk},
        joined=alert.joined | {kiosk},
    )


def leave(book: Book, alert: Alert, kiosk: str) -> None:
    """A kiosk has the wider cause no more."""
    book.change(alert, Event(Told.LEFT, {"kiosk": kiosk}), members=alert.members - {kiosk})


def hide(book: Book, alert: Alert, cover: str) -> None:
    """What covers it (a fingerprint) explains why nothing is known of it; empty: it is seen."""
    event = Event(Told.HIDDEN, {"by": cover}) if cover else Event(Told.SHOWN)
    book.change(alert, event, hidden_by=cover)


def told_to(alert: Alert) -> tuple[str, ...]:
    """The contacts that were told of it so far."""
    return _contacts(alert, 0, alert.step)


def escalate(world: World, book: Book, alert: Alert, now: datetime) -> None:
    """Silences that begin or end, and the next to be told when nobody takes it up."""
    silence = silence_of(world, alert, now)
    if silence and not alert.silenced_by:
        book.change(alert, Event(Told.SILENCED), silenced_by=silence)
    elif alert.silenced_by and not silence:
        _unsilence(world, book, alert, now)
    elif silence != alert.silenced_by:
        book.change(alert, silenced_by=silence)
    elif _may_escalate(alert):
        step, contacts = _due_steps(world, alert, now)
        if step > alert.step:
            book.change(alert, Event(Told.ESCALATED, {"step": step}, contacts), step=step)


def escalates_at(world: World, alert: Alert) -> datetime | None:
    """When the next is told, if nothing changes."""
    if not _may_escalate(alert) or alert.policy is None or alert.fired_at is None:
        return None
    steps = alert.policy.steps[alert.step :]
    if not steps:
        return None
    kiosk = world.kiosks.get(alert.kiosk)
    when = alert.policy.rule.when
    return reaches(when, kiosk, alert.fired_at, steps[0].after_s, world.zone)


def silence_of(world: World, alert: Alert, now: datetime) -> int:
    """The silence that covers it now; 0 without one."""
    quiets = [q for q in world.quiets if not q.is_maintenance and q.is_in_force(now)]
    return next((q.id for q in quiets if _covers(world, q.covers, alert)), 0)


def _covers(world: World, covers: Any, alert: Alert) -> bool:
    if alert.is_wide:
        members = [world.kiosks[name] for name in alert.members if name in world.kiosks]
        return bool(members) and all(covers(alert.rule, alert.kind, one) for one in members)
    kiosk: KioskFact | None = world.kiosks.get(alert.kiosk)
    return bool(covers(alert.rule, alert.kind, kiosk))


def _unsilence(world: World, book: Book, alert: Alert, now: datetime) -> None:
    if alert.state is not State.FIRING or alert.is_acknowledged:
        book.change(alert, Event(Told.UNSILENCED), silenced_by=0)
        return
    step, _ = _due_steps(world, alert, now)
    contacts = _contacts(alert, 0, step)
    book.change(alert, Event(Told.UNSILENCED, {}, contacts), silenced_by=0, step=step)


def _may_escalate(alert: Alert) -> bool:
    return (
        alert.state is State.FIRING
        and not alert.is_acknowledged
        and not alert.silenced_by
        and not alert.hidden_by
    )


def _due_steps(world: World, alert: Alert, now: datetime) -> tuple[int, tuple[str, ...]]:
    """How many steps of the route are due, and the contacts of those not told yet."""
    if alert.policy is None or alert.fired_at is None:
        return alert.step, ()
    kiosk = world.kiosks.get(alert.kiosk)
    passed = elapsed_s(alert.policy.rule.when, kiosk, alert.fired_at, now, world.zone)
    due = sum(step.after_s <= passed for step in alert.policy.steps)
    step = max(alert.step, due)
    return step, _contacts(alert, alert.step, step)


def _contacts(alert: Alert, first: int, last: int) -> tuple[str, ...]:
    steps = alert.policy.steps[first:last] if alert.policy else ()
    return tuple(dict.fromkeys(contact for step in steps for contact in step.contacts))


def _least(alert: Alert) -> int:
    return alert.policy.rule.clear_for_s if alert.policy else 0


def onset_of(details: Mapping[str, Any], otherwise: datetime) -> datetime:
    """When an alert's trouble began, as its first sign said."""
    said = details.get("onset")
    return datetime.fromisoformat(said) if isinstance(said, str) else otherwise
