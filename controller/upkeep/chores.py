"""What the worker does beside commands: readings each minute, retention each hour."""

from datetime import datetime, timedelta
from functools import partial

from controller.accounts import services as accounts
from controller.accounts import sessions
from controller.alerts import evaluate
from controller.alerts import retention as alerts
from controller.commands import batches, files
from controller.commands import services as commands
from controller.commands.worker import Chore
from controller.config import Retention
from controller.enrolment import expiry
from controller.fleet import retention as fleet
from controller.ingest import retention as ingest
from controller.ingest import watch
from controller.ingest.rollup import roll_up
from controller.notify import deliver
from controller.notify import services as notify
from controller.rollouts import notice as stopped_rollouts
from controller.rollouts import retention as rollouts
from controller.rollouts.compliance import Drift
from controller.rollouts.driver import Driver
from controller.rollouts.numbering import Numbers
from controller.salt import clones, keys
from controller.salt import services as salt_returns
from controller.salt.port import Port


def lanes(keep: Retention, salt: Port | None = None) -> tuple[tuple[Chore, ...], ...]:
    """Those of a lane in the order to be done; no lane waits for another. `salt`: if there is."""
    return (
        _upkeep(keep),
        _alerts(),
        (Chore("batches", 1, batches.turn),),
        (Chore("messages to people", 1, deliver.Lane().step),),
        (Chore("reminders", 60, deliver.remind),),
        *(_salt(salt) if salt is not None else ()),
    )


def _salt(port: Port) -> tuple[tuple[Chore, ...], ...]:
    numbers = Numbers()
    return (
        (Chore("minions' keys", 2, partial(keys.lay, port)),),
        (Chore("rollouts", 1, Driver(port, numbers).turn),),
        (Chore("drift", 10, Drift(port, numbers).turn),),
    )


def _alerts() -> tuple[Chore, ...]:
    """What becomes of alerts is decided by one thread alone: it holds the fleet as last read."""

    def turn(now: datetime) -> bool:
        evaluate.turn(now)
        return False

    return (
        Chore("ingest's signs of life", 30, watch.notice),
        Chore("certificates", 3600, expiry.notice),
        Chore("cloned minions", 60, clones.notice),
        Chore("stopped rollouts", 10, stopped_rollouts.notice),
        Chore("alerts", 2, turn),
    )


def _upkeep(keep: Retention) -> tuple[Chore, ...]:
    """What is to be deleted is counted first."""

    def forget_deeds(now: datetime) -> bool:
        sessions.clear(now)
        accounts.forget(now - timedelta(days=keep.audit_days))
        batches.forget(now - timedelta(days=keep.changes_days))
        commands.forget(now - timedelta(days=keep.changes_days))
        rollouts.forget(now - timedelta(days=keep.changes_days))
        notify.forget(now - timedelta(days=keep.changes_days))
        files.forget(now - timedelta(days=keep.files_days))
        salt_returns.forget(now - timedelta(days=keep.changes_days))
        return False

    return (
        Chore("readings", 60, lambda _: roll_up()),
        Chore("messages", 3600, lambda now: ingest.forget(now, keep)),
        Chore("history", 3600, lambda now: fleet.forget(now, keep)),
        Chore("old alerts", 3600, lambda now: alerts.forget(now, keep.changes_days)),
        Chore("sessions, audit and commands", 86_400, forget_deeds),
    )
