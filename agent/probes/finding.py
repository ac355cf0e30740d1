"""What a closer look at a peripheral found, to be added to what is known of it."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from contract.health import DeviceState, FactValue, Health

#: From best to worst. Not measured is better than known to be broken, worse than known to work.
_ORDER = (Health.OK, Health.DEGRADED, Health.UNKNOWN, Health.FAILED, Health.MISSING)


class Finding(Struct, frozen=True):
    """One look's result. `reasons` are keywords, the gravest first."""

    health: Health = Health.OK
    reasons: tuple[str, ...] = ()
    metrics: Mapping[str, float] = {}
    facts: Mapping[str, FactValue] = {}


#: It could not be measured; why is a fact.
NOT_MEASURED = "not-measured"


def unmeasured(**facts: FactValue) -> Finding:
    """What is known of a peripheral that could not be looked at, and why.

    >>> unmeasured(needs="iw").health.value
    'unknown'
    """
    return Finding(Health.UNKNOWN, (NOT_MEASURED,), facts=facts)


def worst(healths: Sequence[Health]) -> Health:
    """The gravest of several; ok of none.

    >>> worst([Health.OK, Health.FAILED, Health.DEGRADED]).value
    'failed'
    """
    return max(healths, key=_ORDER.index, default=Health.OK)


def add(state: DeviceState, *findings: Finding) -> DeviceState:
    """The device with all that was found: the gravest health, every reason once.

    >>> add(DeviceState("p", "printer", Health.OK), Finding(Health.FAILED, ("media-jam",))).reasons
    ('media-jam',)
    """
    reasons = dict.fromkeys((*state.reasons, *(why for each in findings for why in each.reasons)))
    metrics, facts = dict(state.metrics), dict(state.facts)
    for each in findings:
        metrics.update(each.metrics)
        facts.update(each.facts)
    health = worst([state.health, *(each.health for each in findings)])
    return replace(state, health=health, reasons=tuple(reasons)[:16], metrics=metrics, facts=facts)
