"""What several looks at devices come to, as the end of one command. Pure."""

from collections.abc import Mapping
from typing import Any

from agent.commands.errand import End, done, failed
from agent.probes.finding import Finding, worst
from contract.health import Health
from contract.reasons import OutcomeReason, because

_FINE = (Health.OK, Health.DEGRADED)
_MAX_TEXT = 300


def end(found: Mapping[str, Finding], **more: Any) -> End:
    """Succeeded when every device does its job. Of one device the figures stand by themselves, of
    several behind its id.

    >>> end({"desk": Finding(Health.FAILED, ("black",), {"dark_level": 2.0})}).result
    {'verdict': 'failed', 'devices': ['desk: failed: black'], 'dark_level': 2.0}
    """
    result: dict[str, Any] = {
        "verdict": str(worst([each.health for each in found.values()])),
        "devices": [line(name, each) for name, each in found.items()],
        **more,
    }
    for name, each in found.items():
        prefix = f"{name}." if len(found) > 1 else ""
        for key, value in {**each.metrics, **each.facts}.items():
            result.setdefault(prefix + key, value)
    ailing = [line(name, each) for name, each in found.items() if each.health not in _FINE]
    if ailing:
        return failed(OutcomeReason.DID_NOT_WORK, "; ".join(ailing)[:_MAX_TEXT], **result)
    return done(**result)


def line(name: str, finding: Finding) -> str:
    """One device in one line.

    >>> line("desk", Finding(Health.FAILED, ("black",))), line("desk", Finding())
    ('desk: failed: black', 'desk: ok')
    """
    why = ", ".join(finding.reasons)
    return f"{name}: {finding.health}: {why}" if why else f"{name}: {finding.health}"


def lacking(remedy: str) -> str:
    """The refusal of what this kiosk lacks something for, which names the remedy."""
    return because(OutcomeReason.NOT_POSSIBLE_HERE, remedy)
