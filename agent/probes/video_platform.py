"""The video platform: can the meeting be reached from here, as the kiosk's browser would reach it?

Every few minutes a child (agent/children/reach.py) looks the name up, connects and shakes hands. A
captive portal is told by a page whose answer is known (`portal_url`): a hotspot answers otherwise.
"""

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from agent import program
from agent.config import Config, Peripheral
from agent.errors import ProgramError
from agent.probe import Context, Probe
from agent.probes import finding
from agent.probes.finding import Finding
from agent.settings import settings
from contract.health import DeviceState, FactValue, Health

KIND = "video-platform"
PERIOD_S = 600.0
#: An answer that takes longer makes every page slow to open.
DNS_SLOW_MS = 1000.0
_LIMIT_S = 20.0
#: X509_V_ERR_CERT_NOT_YET_VALID, _HAS_EXPIRED (openssl-verification-options(1)).
_NOT_YET_VALID, _EXPIRED = 9, 10


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared video platform. `ca` is a PEM file, where it is not one browsers know.

    `portal_url` is a page over plain HTTP that answers `portal_status` when nobody stands between.
    """

    host: str
    port: int = 443
    ca: str = ""
    portal_url: str = ""
    portal_status: int = 204


def probe(config: Config) -> Probe:
    """Reports each declared platform."""
    declared = [(item, settings(item, Settings)) for item in config.declared(KIND)]

    def run(_context: Context) -> tuple[DeviceState, ...]:
        return tuple(look(item, told) for item, told in declared)

    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), 2 * _LIMIT_S * len(declared), run)


def look(item: Peripheral, told: Settings) -> DeviceState:
    """One platform, as it is reached now."""
    state = DeviceState(
        item.id, KIND, Health.OK, (), {}, {"host": told.host, "tcp_port": told.port}
    )
    try:
        reached = ask(told.host, str(told.port), *([told.ca] if told.ca else []))
    except ProgramError:  # the look-up itself hangs: nothing else in it has no limit of its own
        reached = {"step": "resolve", "error": "timeout"}
    answered = ask("--page", told.portal_url) if told.portal_url else {}
    return finding.add(state, judge_portal(answered, told.portal_status), judge(reached))


def ask(*arguments: str) -> Mapping[str, Any]:
    """What the child found. Raises ProgramError when it did not end."""
    done = program.child("reach", *arguments, timeout_s=_LIMIT_S)
    try:
        found: Mapping[str, Any] = json.loads(done.out)
    except ValueError as err:
        raise ProgramError(f"reach.py said no JSON: {done.err.strip()[-200:]}") from err
    return found


def judge(reached: Mapping[str, Any]) -> Finding:
    """How far the way goes.

    >>> judge({"step": "connect", "error": "ConnectionRefusedError", "resolve_ms": 3.0}).reasons
    ('connection-refused',)
    >>> judge({"step": "done", "error": "", "resolve_ms": 1500.0, "connect_ms": 30.0}).reasons
    ('dns-slow',)
    """
    metrics = {
        name: float(reached[name])
        for name in ("resolve_ms", "connect_ms", "tls_ms")
        if name in reached
    }
    facts: dict[str, FactValue] = {"tls": reached["tls"]} if reached.get("tls") else {}
    reasons = [_reason(reached)] if reached["error"] else []
    if metrics.get("resolve_ms", 0.0) >= DNS_SLOW_MS:
        reasons.append("dns-slow")
    health = Health.FAILED if reached["error"] else Health.DEGRADED if reasons else Health.OK
    return Finding(health, tuple(reasons), metrics, facts)


def judge_portal(answered: Mapping[str, Any], wanted: int) -> Finding:
    """Whether somebody else answers in the place of a known page.

    >>> judge_portal({"status": 302, "error": ""}, 204).reasons
    ('captive-portal',)
    """
    status = answered.get("status")
    if status is None or status == wanted:
        return Finding()
    return Finding(Health.FAILED, ("captive-portal",))


def _reason(reached: Mapping[str, Any]) -> str:
    step, error = reached["step"], reached["error"]
    if step == "resolve":
        return "name-not-resolved"
    if step == "connect":
        return "connection-refused" if error == "ConnectionRefusedError" else "unreachable"
    if error == "untrusted":
        code = reached.get("code")
        return {_EXPIRED: "tls-expired", _NOT_YET_VALID: "tls-not-yet-valid"}.get(
            code if isinstance(code, int) else 0, "tls-untrusted"
        )
    return "tls-failed"
