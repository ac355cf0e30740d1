"""How well a printer is, from what its queue, itself and the USB bus say. Pure.

Suffixes cannot be trusted: CUPS says `media-empty-warning` of a printer that waits for paper, an
idle one `media-empty-report`. So a keyword blocks when it is in our own list, whatever follows it.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from agent.probes.finding import Finding, unmeasured, worst
from agent.probes.ipp import ABORTED, HELD, STOPPED, Printer, Silence, Supply
from contract.health import Health

OFFLINE, QUEUE_PAUSED, NO_QUEUE, CUPS_DOWN = "offline", "queue-paused", "no-queue", "cups-down"
JOB_STUCK, NOT_ACCEPTING, ABORTED_JOB = "job-stuck", "not-accepting-jobs", "aborted-by-system"
#: A failed job is said this long: by then somebody has tried again, or nobody printed.
_RECENT_S = 3600

BLOCKING = frozenset(
    {
        *("media-empty", "media-needed", "media-jam", "cover-open", "door-open"),
        *("interlock-open", "input-tray-missing", "output-tray-missing", "output-area-full"),
        *("marker-supply-empty", "marker-waste-full", "toner-empty", "developer-empty"),
        *("fuser-over-temp", "fuser-under-temp", "opc-life-over", "shutdown", "timed-out"),
        *("paused", "moving-to-paused", "spool-area-full", "interpreter-resource-unavailable"),
        *("offline", "deactivated", "marker-supply-missing", "marker-failure"),
    }
)
#: What passes by itself, or is no fault.
_HARMLESS = frozenset(
    {
        *("none", "connecting-to-device", "stopping", "stopped-partly", "resuming"),
        *("hold-new-jobs", "warming-up", "sleep", "identify-printer-requested"),
        *("wifi-not-configured", "testing"),
    }
)
#: Some printers cut a keyword at 31 letters: `marker-waste-almost-full-warnin`.
_SUFFIX = re.compile(r"-(report?|warni?n?g?|error?)$")
_KEYWORD = re.compile(r"[a-z][a-z0-9-]{0,63}")


class Bounds(Struct, frozen=True):
    """From when on something is amiss."""

    stuck_after_s: float = 600.0
    low_percent: float = 10.0


def judge(
    queue: Printer | Silence | None, device: Printer | Silence | None, bounds: Bounds
) -> Finding:
    """The finding of a queue (None: none is declared) and of the printer asked itself.

    `device` is None when it has no address of its own. Where it answers, its word on paper, toner
    and covers is taken: what CUPS says of these is from the last job.
    """
    findings = [_judge_queue(queue, is_direct=device is not None, bounds=bounds)]
    if isinstance(device, Printer):
        findings.append(_judge_device(device))
        findings.append(_judge_supplies(device.supplies, bounds))
    elif device in (Silence.DOWN, Silence.TIMED_OUT):
        findings.append(Finding(Health.FAILED, (OFFLINE,)))
    elif device is Silence.NO_QUEUE or device is Silence.REFUSED:
        findings.append(unmeasured())
    if isinstance(queue, Printer) and not (isinstance(device, Printer) and device.supplies):
        findings.append(_judge_supplies(queue.supplies, bounds))
    return merge(findings)


def merge(findings: Iterable[Finding]) -> Finding:
    """One finding of several."""
    each = list(findings)
    return Finding(
        worst([one.health for one in each]),
        tuple(dict.fromkeys(reason for one in each for reason in one.reasons)),
        {name: value for one in each for name, value in one.metrics.items()},
        {name: value for one in each for name, value in one.facts.items()},
    )


def keyword(said: str) -> str:
    """A reason without its suffix; empty when it is no keyword.

    >>> keyword("media-empty-warning"), keyword("none"), keyword("Plus de papier !")
    ('media-empty', 'none', '')
    """
    bare = _SUFFIX.sub("", said.strip().lower())
    return bare if _KEYWORD.fullmatch(bare) else ""


def conditions(said: Iterable[str]) -> Finding:
    """What printer-state-reasons amount to."""
    words = {keyword(each): each for each in said}
    blocking = [word for word in words if word in BLOCKING]
    hints = [word for word, whole in words.items() if _is_hint(word, whole)]
    if blocking:
        return Finding(Health.FAILED, (*blocking, *hints))
    return Finding(Health.DEGRADED, tuple(hints)) if hints else Finding()


def _is_hint(word: str, said: str) -> bool:
    """Whether it needs a hand soon: what we do not know counts unless it is a mere report."""
    if not word or word in BLOCKING or word in _HARMLESS or word.startswith("cups-"):
        return False
    is_known = word.endswith(("-low", "-almost-full", "-near-eol", "-almost-empty"))
    return is_known or not said.endswith("-report")


def _judge_queue(queue: Printer | Silence | None, *, is_direct: bool, bounds: Bounds) -> Finding:
    if not isinstance(queue, Printer):
        return _SILENCES[queue] if queue is not None else Finding()
    found = [_judge_jobs(queue, bounds)]
    if queue.state == STOPPED:
        found.append(Finding(Health.FAILED, (QUEUE_PAUSED,)))
    if not queue.is_accepting:
        found.append(Finding(Health.FAILED, (NOT_ACCEPTING,)))
    if not is_direct:
        # CUPS says `paused` of each queue that is stopped: said above, with its own remedy.
        own = queue.state == STOPPED
        found.append(conditions(why for why in queue.reasons if not (own and why == "paused")))
    return merge(found)


def _judge_jobs(queue: Printer, bounds: Bounds) -> Finding:
    # A job that somebody holds back is not stuck.
    ages = [job.age_s for job in queue.waiting if job.state != HELD]
    oldest_s = max(ages, default=0)
    metrics = {"queued_jobs": float(queue.queued), "oldest_job_s": float(oldest_s)}
    if oldest_s > bounds.stuck_after_s:
        return Finding(Health.FAILED, (JOB_STUCK,), metrics)
    last = queue.last
    if last is not None and last.state == ABORTED and last.age_s <= _RECENT_S:
        return Finding(Health.DEGRADED, (ABORTED_JOB,), metrics)
    return Finding(metrics=metrics)


def _judge_device(device: Printer) -> Finding:
    found = conditions(device.reasons)
    if device.state == STOPPED and found.health is not Health.FAILED:
        return Finding(Health.FAILED, (*found.reasons, "other"))
    return found


def _judge_supplies(supplies: Iterable[Supply], bounds: Bounds) -> Finding:
    """Levels as metrics, and what is low. Makers guess levels: at 0 many go on printing."""
    metrics: dict[str, float] = {}
    reasons: list[str] = []
    for supply in supplies:
        if supply.level is None:
            continue
        base = "_".join(filter(None, (supply.kind, supply.colour)))
        name, number = f"{base}_percent", 2
        while name in metrics:
            name, number = f"{base}_{number}_percent", number + 1
        metrics[name] = round(supply.level, 1)
        reasons += _supply_reasons(supply, supply.level, bounds)
    health = Health.DEGRADED if reasons else Health.OK
    return Finding(health, tuple(dict.fromkeys(reasons)), metrics)


def _supply_reasons(supply: Supply, level: float, bounds: Bounds) -> tuple[str, ...]:
    if supply.is_waste:
        # CUPS gives the level of a waste tank either way round: only the printer's word counts.
        return ()
    low = supply.low if supply.low is not None and supply.low > 0 else bounds.low_percent
    if level > low:
        return ()
    return {
        "toner": ("toner-low",),
        "developer": ("developer-low",),
        "drum": ("opc-near-eol",),
    }.get(supply.kind, ("marker-supply-low",))


_SILENCES = {
    Silence.DOWN: Finding(Health.FAILED, (CUPS_DOWN,)),
    Silence.NO_QUEUE: Finding(Health.FAILED, (NO_QUEUE,)),
    Silence.TIMED_OUT: Finding(Health.UNKNOWN, ("timed-out",)),
    Silence.REFUSED: unmeasured(),
    Silence.NO_PROGRAM: unmeasured(needs="cups-ipp-utils"),
}
