"""The way to the controller: interfaces, addresses, route, and the quality of the line.

What the kernel says is in agent/probes/interfaces.py; the line is measured by agent/probes/line.py
when the agent starts and once an hour, for each burst is taken from the kiosk's wire budget. In
between, the live MQTT connection's own round-trip time may call for an early one, and so does a
line found bad.
"""

import re
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from msgspec import Struct

from agent.config import Config, LineLimits
from agent.probe import Context, LinkQuality, Probe
from agent.probes import interfaces, line
from agent.probes.interfaces import Gateway, Interface, Traffic
from agent.probes.limits import Limit, broken
from agent.probes.line import Quality
from contract.health import DeviceState, FactValue, Health

#: Of all packets of an interface: a bad cable or a duplex mismatch, seen with at least 20 errors.
ERRORS_HIGH = Limit("interface-errors", enters=1, leaves=0.2)
ERRORS_AT_LEAST = 20
#: A line found bad, or that looks so, is measured again this soon.
DOUBT_S = 900.0
#: Facts of more interfaces would not fit in a report.
INTERFACES_MAX = 8

NO_WAY = frozenset({"no-carrier", "no-route"})
NO_NAME = "name-not-resolved"
NOT_ENROLLED = "not-enrolled"  # so there is no controller to measure the line to


class Bounds(Struct, frozen=True):
    """What a video meeting bears; a line must be clearly better to be well again."""

    rtt: Limit
    jitter: Limit
    loss: Limit


def bounds(told: LineLimits) -> Bounds:
    """The limits, as agent.toml tells them."""
    return Bounds(
        Limit("rtt-high", enters=told.rtt_ms, leaves=told.rtt_ms * 0.85),
        Limit("jitter-high", enters=told.jitter_ms, leaves=told.jitter_ms * 0.85),
        Limit("loss-high", enters=told.loss_percent, leaves=told.loss_percent * 0.5),
    )


VIDEO = bounds(LineLimits())


class Way(Struct, frozen=True):
    """How the controller is reached. Empty text or None: it is not known, or there is none."""

    controller: str  # its address
    source: str  # our own on the way there
    gateway: Gateway | None
    dns_servers: tuple[str, ...]

    @property
    def is_local(self) -> bool:
        """The controller runs on this very machine."""
        return bool(self.controller) and line.is_loopback(self.controller)


class Burst(Struct, frozen=True):
    """The latest measurement of the line, and when. `quality` is None when nothing answered."""

    at: float
    quality: Quality | None


def probe(config: Config) -> Probe:
    """Reports the device `network`."""
    resolver = line.Resolver(config.broker.host)
    bears = bounds(config.line)
    burst: Burst | None = None
    traffic: dict[str, Traffic] = {}
    reasons: tuple[str, ...] = ()

    def run(context: Context) -> tuple[DeviceState, ...]:
        nonlocal burst, traffic, reasons
        found, way = interfaces.read(), _way(resolver, is_connected=context.link is not None)
        fault = route_fault(found, way, is_connected=context.link is not None)
        if fault == NO_NAME and not config.broker.host:
            fault = NOT_ENROLLED
        if fault:
            burst = None  # measured anew as soon as there is a way again
        elif way.controller and is_due(burst, time.monotonic(), context, reasons):
            quality = line.measure(way.controller, config.broker.port)
            burst = Burst(time.monotonic(), quality)
        quality = best(burst, context.link) if fault not in NO_WAY else None
        errors_percent = error_share(traffic, found)
        traffic = {each.name: each.traffic for each in found}
        state = judge(found, way, fault, quality, errors_percent, reasons, bears)
        reasons = state.reasons
        return (state,)

    times = config.probes
    return Probe("network", times.network_s, times.timeout_s + line.LONGEST_S, run)


def route_fault(found: Sequence[Interface], way: Way, is_connected: bool) -> str:
    """Why no packet can reach the controller; empty when one can.

    Only the interface on the way there counts: a socket without a cable beside a working Wi-Fi is
    no fault. A controller on this very machine needs no way at all.
    """
    if way.is_local:
        return ""
    chosen = outgoing(found, way)
    if chosen is not None:
        if not chosen.has_carrier:
            return "no-carrier"
        return "" if way.controller else NO_NAME
    candidates = [each for each in found if each.is_up and _matters(each, way)]
    if candidates and not any(each.has_carrier for each in candidates):
        return "no-carrier"
    if way.source or is_connected:
        return ""  # by a way that is not an interface of ours: a tunnel, another namespace
    return "no-route"


def outgoing(found: Sequence[Interface], way: Way) -> Interface | None:
    """The interface that packets to the controller leave by, or else those to everywhere."""
    for each in found:
        if way.source and any(address.text == way.source for address in each.addresses):
            return each
    if way.controller or way.gateway is None:
        return None
    return next((each for each in found if each.name == way.gateway.interface), None)


def is_due(burst: Burst | None, now: float, context: Context, reasons: Collection[str]) -> bool:
    """Whether the line is to be measured now."""
    if burst is None or now >= burst.at + context.config.probes.link_s:
        return True
    doubts = (
        bool({"rtt-high", "jitter-high", "loss-high"} & set(reasons))
        or (burst.quality is None and context.link is None)
        or (context.link is not None and context.link.rtt_ms >= context.config.line.rtt_ms)
    )
    return doubts and now >= burst.at + min(DOUBT_S, context.config.probes.link_s)


def best(burst: Burst | None, link: LinkQuality | None) -> Quality | None:
    """What is known of the line: the burst, or where nothing answers it the live connection."""
    if burst is not None and burst.quality is not None:
        return burst.quality
    if link is None:
        return None
    # What TCP sent twice is its own guess at loss, too rough for a limit of 1 %: not judged.
    return Quality(round(link.rtt_ms, 2), round(link.jitter_ms, 2), None, 0, "tcp")


def error_share(before: dict[str, Traffic], found: Sequence[Interface]) -> float | None:
    """Percent of packets with errors since the last run, of the worst interface; None at first."""
    shares = []
    for each in found:
        was = before.get(each.name)
        if was is not None:
            errors = _errors(each.traffic) - _errors(was)
            packets = each.traffic.packets - was.packets + errors
            shares.append(100 * errors / packets if errors >= ERRORS_AT_LEAST else 0.0)
    return max(shares, default=None)


def judge(
    found: Sequence[Interface],
    way: Way,
    fault: str,
    quality: Quality | None,
    errors_percent: float | None,
    before: Collection[str] = (),
    bears: Bounds = VIDEO,
) -> DeviceState:
    """The device `network`, given the reasons it had before and what the line must bear."""
    limits = [(ERRORS_HIGH, errors_percent)]
    if quality is not None:
        # A single packet may be lost on any line: two make a fault.
        loss = quality.loss_percent if quality.lost != 1 else 0.0
        limits += [
            (bears.rtt, quality.rtt_ms),
            (bears.jitter, quality.jitter_ms),
            (bears.loss, loss),
        ]
    reasons = broken(limits, before)
    if fault:
        reasons.append(fault)
    elif quality is None:
        reasons.append("no-echo")
    relevant = [each for each in found if _matters(each, way)][:INTERFACES_MAX]
    return DeviceState(
        "network",
        "network",
        _health(reasons, is_measured=quality is not None),
        tuple(sorted(reasons)),
        _metrics(relevant, quality, errors_percent),
        _facts(relevant, way, quality),
    )


def _health(reasons: Collection[str], is_measured: bool) -> Health:
    if NO_WAY & set(reasons) or (NO_NAME in reasons and not is_measured):
        return Health.FAILED
    if {"no-echo", NOT_ENROLLED} & set(reasons):
        return Health.UNKNOWN
    return Health.DEGRADED if reasons else Health.OK


def _metrics(
    relevant: Sequence[Interface], quality: Quality | None, errors_percent: float | None
) -> dict[str, float]:
    metrics: dict[str, float] = {
        "rx_errors": sum(each.traffic.rx_errors for each in relevant),
        "tx_errors": sum(each.traffic.tx_errors for each in relevant),
    }
    if errors_percent is not None:
        metrics["errors_percent"] = round(errors_percent, 2)
    if quality is not None:
        metrics |= {"rtt_ms": quality.rtt_ms, "jitter_ms": quality.jitter_ms}
        if quality.loss_percent is not None:
            metrics["loss_percent"] = quality.loss_percent
    return metrics


def _facts(
    relevant: Sequence[Interface], way: Way, quality: Quality | None
) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {}
    for each in relevant:
        name = re.sub(r"[^a-z0-9]+", "_", each.name.lower())
        name = name if name[:1].isalpha() else f"if_{name}"
        lasting = [f"{item.text}/{item.prefix}" for item in each.addresses if item.is_lasting]
        facts[f"{name}_state"] = (
            "up" if each.has_carrier else "no-carrier" if each.is_up else "down"
        )
        facts[f"{name}_mac"] = each.mac
        facts[f"{name}_addresses"] = " ".join(lasting)[:512]
        if each.speed_mbps is not None:
            facts[f"{name}_speed_mbps"] = each.speed_mbps
    if way.gateway is not None:
        facts["default_interface"] = way.gateway.interface
        facts["gateway"] = way.gateway.address
    facts["dns_servers"] = " ".join(way.dns_servers)[:512]
    facts["controller_is_local"] = way.is_local
    if quality is not None:
        facts["measured_by"] = quality.measured_by
    return facts


def _matters(each: Interface, way: Way) -> bool:
    """Real hardware, or something that carries an address or the default route."""
    is_default = way.gateway is not None and way.gateway.interface == each.name
    return each.is_hardware or is_default or any(item.is_lasting for item in each.addresses)


def _errors(traffic: Traffic) -> int:
    return traffic.rx_errors + traffic.tx_errors


def _way(resolver: line.Resolver, *, is_connected: bool) -> Way:
    gateway = interfaces.parse_routes(_text("/proc/net/route"))
    if gateway is None:
        gateway = interfaces.parse_routes6(_text("/proc/net/ipv6_route"))
    controller = resolver.address(is_in_use=is_connected) or ""
    source = (line.route_to(controller) or "") if controller else ""
    servers = interfaces.parse_resolv_conf(_text("/etc/resolv.conf"))
    return Way(controller, source, gateway, servers)


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
