"""What to try next on a peripheral that failed: pure, from what was tried before.

The ladder is climbed one rung at a time and never down again until the peripheral has been well;
above its last rung stands a human.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from agent.config import RecoveryLimits, Rung, RungName
from contract.health import DeviceState, Health

DAY_S = 86400.0
#: The rung above the last: it was said that a person has to come.
HUMAN = "human"
#: What is said of a peripheral from then on, beside what ails it.
NEEDS_A_HUMAN = "needs-a-human"

#: What no machine can cure: somebody has to bring paper, open a cover, turn a knob, decide.
#: Trying would disturb what still works and spend what may be needed for a real failure.
INCURABLE = frozenset(
    {
        # printers (RFC 8011, PWG 5100.9) and their queues
        *("media-needed", "media-empty", "media-jam", "media-low"),
        *("cover-open", "door-open", "interlock-open", "input-tray-missing", "output-tray-missing"),
        *("output-area-full", "output-area-almost-full", "toner-empty", "toner-low"),
        *("marker-supply-empty", "marker-supply-low", "marker-waste-full"),
        *("marker-waste-almost-full", "fuser-over-temp", "fuser-under-temp", "opc-life-over"),
        *("opc-near-eol", "developer-empty", "developer-low", "cutter-jam", "deactivated"),
        "marker-supply-missing",
        *("paused", "moving-to-paused", "queue-paused", "no-queue", "not-accepting-jobs"),
        # scanners (SANE, eSCL)
        *("jammed", "no-docs", "hatch-open", "mispick", "multipick", "access-denied"),
        *("input-tray-overloaded", "page-too-long", "page-too-short"),
        # a program holds it
        "device-busy",
        # sound and screens: somebody set it so
        *(
            "muted",
            "volume-zero",
            "not-confidential",
            "not-default",
            "volume-low",
            "wrong-mode",
            "off",
            "touch-off",
        ),
        # the wrong thing is plugged in
        *("swapped", "moved", "unexpected-storage"),
        # power and line
        *("on-battery", "battery-low", "battery-replace", "overload", "over-current"),
        *("sim-missing", "sim-locked", "radio-off", "signal-low"),
        *("captive-portal", "name-not-resolved", "tls-expired", "tls-untrusted"),
    }
)
#: Of a camera, something stands before the lens; of a page, that it hangs.
_BEFORE_THE_LENS = frozenset({"black", "single-colour"})
_TIMED_OUT = "timed-out"


class Moment(Struct, frozen=True):
    """When something was, by all the clocks there are.

    `uptime_s` counts from the start of the machine that `boot_id` names. `utc_s` is None where the
    clock was not to be believed.
    """

    boot_id: str
    uptime_s: float
    utc_s: float | None = None


class AttemptState(StrEnum):
    """How far an attempt has come."""

    BEGUN = "begun"  # on disk before it is done
    WORKED = "worked"
    FAILED = "failed"


class Attempt(Struct, frozen=True):
    """One rung that was tried. `is_open`: the peripheral has not been well since."""

    device: str
    rung: str
    at: Moment
    state: AttemptState
    is_open: bool = True


class Situation(Struct, frozen=True):
    """What else there is to know. `failed_for_s`: how long the peripheral has failed."""

    now: Moment
    failed_for_s: float
    in_session: bool = False
    is_busy: bool = False  # a command that disturbs is under way


class GiveUp(StrEnum):
    """Why no rung is tried any more."""

    NO_RUNG_LEFT = "no-rung-left"
    BUDGET_SPENT = "budget-spent"


def is_curable(state: DeviceState) -> bool:
    """Whether a peripheral is in a state that a machine may do something about.

    >>> is_curable(DeviceState("c", "camera", Health.MISSING, ("not-connected",)))
    True
    >>> is_curable(DeviceState("p", "printer", Health.FAILED, ("offline", "media-empty")))
    False
    """
    if state.health in (Health.FAILED, Health.MISSING):
        human = INCURABLE | _BEFORE_THE_LENS if state.kind == "camera" else INCURABLE
        return human.isdisjoint(state.reasons)
    # Not measured is not broken, unless it is the device that does not answer.
    return state.health is Health.UNKNOWN and _TIMED_OUT in state.reasons


def is_well(state: DeviceState) -> bool:
    """Whether it does its job."""
    return state.health in (Health.OK, Health.DEGRADED)


def age_s(then: Moment, now: Moment) -> float:
    """How long ago that was, at least: a clock that jumps must not make yesterday of a minute ago.

    Within one start of the machine its own counter tells. Across starts the clock of the day does
    if it could be believed both times; otherwise all that is certain is how long this start lasts.

    >>> age_s(Moment("a", 100, 0), Moment("a", 160, 9e9))
    60
    >>> age_s(Moment("a", 100, 1000), Moment("b", 30, 4600)), age_s(Moment("a", 9), Moment("b", 30))
    (3600, 30)
    """
    if then.boot_id == now.boot_id:
        return max(0.0, now.uptime_s - then.uptime_s)
    if then.utc_s is None or now.utc_s is None:
        return now.uptime_s
    return max(now.uptime_s, now.utc_s - then.utc_s)


def next_step(
    device: str,
    ladder: Sequence[Rung],
    history: Sequence[Attempt],
    limits: RecoveryLimits,
    situation: Situation,
) -> Rung | GiveUp | None:
    """What to try on `device` now; GiveUp when a human has to come; None: nothing now.

    `history` is of all devices: one attempt at a time, and the machine's restarts are shared.
    """
    tried = [each.rung for each in history if each.device == device and each.is_open]
    is_trying = any(each.state is AttemptState.BEGUN for each in history)
    if not ladder or is_trying or HUMAN in tried or situation.failed_for_s < limits.after_s:
        return None
    texts = [str(rung) for rung in ladder]
    climbed = max((texts.index(rung) + 1 for rung in tried if rung in texts), default=0)
    today = [each for each in history if age_s(each.at, situation.now) < DAY_S]
    above = ladder[climbed:]
    rung = next((each for each in above if _may_try(device, each, today, limits)), None)
    if rung is None:
        return GiveUp.BUDGET_SPENT if above else GiveUp.NO_RUNG_LEFT
    return None if situation.in_session or situation.is_busy else rung


def _may_try(device: str, rung: Rung, today: Iterable[Attempt], limits: RecoveryLimits) -> bool:
    same = [each for each in today if each.rung == str(rung)]
    own = [each for each in same if each.device == device]
    if rung.name is RungName.REBOOT:
        # A restart that did not help will not help again: do not restart for ever.
        is_loop = bool(own) and own[-1].state is not AttemptState.WORKED
        return len(same) < limits.reboots_per_day and not is_loop
    return len(own) < limits.per_day


def spent(history: Iterable[tuple[int, Attempt]], now: Moment) -> tuple[int, ...]:
    """Numbers of the attempts that nothing depends on any more."""
    return tuple(
        number
        for number, each in history
        if not each.is_open and each.state is not AttemptState.BEGUN and age_s(each.at, now) > DAY_S
    )
