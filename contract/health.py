"""How well a device and a kiosk are, and whether a citizen can be received."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

DeviceId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._:-]{0,63}$")]
Kind = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
#: A keyword, a standard's where there is one (RFC 8011, PWG 5100.9, SANE): `media-empty`.
Reason = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
#: Carries its unit: `free_bytes`, `rtt_ms`, `cpu_percent`.
#: Snake case by convention; a pattern would cost ingest half of its decoding time.
MetricName = Annotated[str, Meta(min_length=1, max_length=64)]
MetricValue = Annotated[float, Meta(ge=-1e15, le=1e15)]
FactName = Annotated[str, Meta(min_length=1, max_length=64)]
FactValue = Annotated[str, Meta(max_length=512)] | bool | int | float


class Health(StrEnum):
    """Of a device."""

    OK = "ok"
    DEGRADED = "degraded"  # works, needs a hand soon
    FAILED = "failed"  # cannot do its job
    MISSING = "missing"  # declared, not there
    UNKNOWN = "unknown"  # not measured; never shown as ok


class Readiness(StrEnum):
    """Can a citizen be received?"""

    READY = "ready"
    DEGRADED = "degraded"  # yes, but something needs a hand soon
    NOT_READY = "not-ready"
    UNKNOWN = "unknown"  # something required has not been measured


class DeviceState(Struct, frozen=True):
    """One device as last measured."""

    id: DeviceId
    kind: Kind
    health: Health
    reasons: Annotated[tuple[Reason, ...], Meta(max_length=16)] = ()
    metrics: Annotated[dict[MetricName, MetricValue], Meta(max_length=64)] = {}
    facts: Annotated[dict[FactName, FactValue], Meta(max_length=64)] = {}


def is_in_session(devices: Iterable[DeviceState]) -> bool:
    """Whether a citizen is at the kiosk: what its device of the kind `session` says."""
    return any(one.kind == "session" and one.facts.get("in_session") is True for one in devices)


class Verdict(Struct, frozen=True):
    """The answer for a whole kiosk, and the devices it is because of."""

    state: Readiness
    because: Annotated[tuple[DeviceId, ...], Meta(max_length=64)] = ()


_BLOCKING = (Health.FAILED, Health.MISSING)


def verdict(devices: Iterable[DeviceState], required: frozenset[str]) -> Verdict:
    """Whether a citizen can be received, from the devices and the ids of those required.

    A required device that failed or is missing blocks; one that was not measured leaves the answer
    unknown; anything else amiss, optional devices included, degrades.

    >>> printer = DeviceState("printer", "printer", Health.FAILED, ("media-empty",))
    >>> verdict([printer], frozenset({"printer"}))
    Verdict(state=<Readiness.NOT_READY: 'not-ready'>, because=('printer',))
    >>> verdict([printer], frozenset()).state
    <Readiness.DEGRADED: 'degraded'>
    >>> verdict([printer], frozenset({"camera"}))
    Verdict(state=<Readiness.UNKNOWN: 'unknown'>, because=('camera',))
    """
    healths = {device.id: device.health for device in devices}
    blocking = sorted(name for name in required if healths.get(name) in _BLOCKING)
    if blocking:
        return Verdict(Readiness.NOT_READY, tuple(blocking))
    unmeasured = sorted(
        name for name in required if healths.get(name, Health.UNKNOWN) is Health.UNKNOWN
    )
    if unmeasured:
        return Verdict(Readiness.UNKNOWN, tuple(unmeasured))
    amiss = sorted(
        name for name, health in healths.items() if health not in (Health.OK, Health.UNKNOWN)
    )
    return Verdict(Readiness.DEGRADED if amiss else Readiness.READY, tuple(amiss))
