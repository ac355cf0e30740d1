"""Reads agent.toml.

A complete file:

    kiosk = "pvp-63003-1"
    state_dir = "/var/lib/vigie-agent"

    [broker]
    host = "vigie.example.org"
    port = 8883
    ca = "ca.pem"                   # relative paths start at this file's folder
    certificate = "kiosk.pem"
    key = "kiosk.key"

    [power]
    method = "systemd"

    [[peripheral]]
    id = "camera"
    kind = "camera"
    match = { usb_id = "046d:0825" }

    [[peripheral]]
    id = "printer"
    kind = "printer"
    required = true
    match = { queue = "Laser" }
    settings = { stuck_after_s = 600 }      # what there is to set depends on the kind
    recovery = ["restart:cups.service", "reboot"]   # to try when it fails

    [recovery]
    per_day = 3                             # of each thing to try, for each peripheral
    reboots_per_day = 1                     # for all of them together

    [line]                                  # from these on a meeting suffers: the line is degraded
    rtt_ms = 150
    jitter_ms = 30
    loss_percent = 1

    [hours]                                 # when the public is received; without it, always
    monday = "09:00-12:00 14:00-17:00"
    wednesday = "09:00-12:00"

    [commands]                              # all of it optional
    controller = "https://vigie.example.org:8443"   # where certificates are renewed
    log_units = ["cups.service", "kernel"]  # what may be fetched of the journal
    message = ["/usr/bin/zenity", "--info", "--text"]   # shows a text on the screen
    display = ":0"
    xauthority = "/home/kiosk/.Xauthority"
    salt_call = "/usr/bin/salt-call"

    [minion]                                # the Salt minion, as enrolment sets it up
    folder = "/etc/salt"
    programs = "/opt/vigie/salt/bin"        # where it is installed; or in /usr/bin
    pidfile = "/run/salt-minion.pid"
    restart = []                            # a program and its arguments, where systemd does not
"""

import re
from pathlib import Path

from agent.config import (
    BUILT_IN,
    Acts,
    Broker,
    Config,
    LineLimits,
    Match,
    Minion,
    OutboxLimits,
    Peripheral,
    PowerMethod,
    ProbeTimes,
    RecoveryLimits,
    Rung,
    RungName,
)
from agent.errors import ConfigError
from agent.hours import Hours, Span, parse_spans
from agent.kinds import KINDS, named
from agent.toml import Table, read
from contract.topics import KIOSK_PATTERN, RESERVED_PREFIX, is_kiosk_id

#: 72 hours offline must fit whatever is configured. Hourly full reports of 20 devices are 0.5 MB,
#: a change each five minutes 5 MB more.
MIN_OUTBOX_BYTES = 8 * 1024 * 1024
MIN_OUTBOX_AGE_H = 72.0

_DEVICE_ID = r"[a-z0-9][a-z0-9._:-]{0,63}"
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:._-]{0,200}\.service")
_ANY_UNIT = re.compile(r"[A-Za-z0-9@_.:-]{1,90}\.[a-z]{1,9}")
_OWN_UNIT = "vigie-agent.service"  # it would end the one that waits for the result
_RUNGS = '"rebind", "power-cycle", "restart:<name>.service" (not the agent\'s own), "reboot"'
_ON_USB = (RungName.REBIND, RungName.POWER_CYCLE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def load(path: Path) -> Config:
    """The configuration in `path`. Raises ConfigError: file, line, key, value, remedy."""
    root = read(path.absolute())
    config = Config(
        kiosk=_kiosk(root),
        state_dir=root.file("state_dir", "a folder", default="/var/lib/vigie-agent"),
        broker=_broker(root.table("broker", is_required=True)),
        probes=_probes(root.table("probes")),
        outbox=_outbox(root.table("outbox")),
        power=_power(root.table("power")),
        peripherals=_peripherals(root.tables("peripheral")),
        hours=_hours(root.table("hours")),
        line=_line(root.table("line")),
        recovery=_limits(root.table("recovery")),
        acts=_acts(root.table("commands")),
        minion=_minion(root.table("minion")),
    )
    root.finish()
    return config


def _kiosk(root: Table) -> str:
    remedy = f"a kiosk id like pvp-63003-1 ({KIOSK_PATTERN}, not {RESERVED_PREFIX}...)"
    return str(root.value("kiosk", remedy, lambda v: isinstance(v, str) and is_kiosk_id(v)))


def _broker(table: Table) -> Broker:
    broker = Broker(
        host=table.text("host", "the broker's host name or address", r"[A-Za-z0-9._:-]{1,253}"),
        port=table.integer("port", 1, 65535, 8883),
        ca=table.file("ca", "the PEM file of the certificate authority"),
        certificate=table.file("certificate", "the PEM file of this kiosk's certificate"),
        key=table.file("key", "the PEM file of this kiosk's private key"),
        keepalive_s=table.integer("keepalive_s", 5, 3600, 60),
        will_delay_s=table.integer("will_delay_s", 0, 3600, 10),
    )
    table.finish()
    return broker


def _probes(table: Table) -> ProbeTimes:
    times = ProbeTimes(
        system_s=table.number("system_s", 1, 86400, 60),
        storage_s=table.number("storage_s", 1, 86400, 300),
        network_s=table.number("network_s", 1, 86400, 60),
        link_s=table.number("link_s", 1, 86400, 3600),
        timeout_s=table.number("timeout_s", 0.1, 300, 10),
        periods_s=_periods(table),
    )
    table.finish()
    return times


def _periods(table: Table) -> dict[str, float]:
    keys = {kind.name: f"{kind.name.replace('-', '_')}_s" for kind in KINDS}
    return {name: table.number(key, 1, 86400) for name, key in keys.items() if table.has(key)}


def _hours(table: Table) -> Hours:
    week = tuple(_day(table, day) if table.has(day) else () for day in _DAYS)
    table.finish(_DAYS)
    return Hours(week if any(week) else ())


def _day(table: Table, day: str) -> tuple[Span, ...]:
    remedy = 'opening hours like "09:00-12:00 14:00-17:00", in order'
    text = table.text(day, remedy)
    try:
        return parse_spans(text)
    except ValueError as err:
        raise table.error(day, repr(text), remedy) from err


def _line(table: Table) -> LineLimits:
    limits = LineLimits(
        rtt_ms=table.number("rtt_ms", 1, 10000, 150),
        jitter_ms=table.number("jitter_ms", 1, 10000, 30),
        loss_percent=table.number("loss_percent", 0.1, 100, 1),
    )
    table.finish()
    return limits


def _outbox(table: Table) -> OutboxLimits:
    limits = OutboxLimits(
        max_bytes=table.integer("max_bytes", MIN_OUTBOX_BYTES, 2**40, 64 * 1024 * 1024),
        max_age_h=table.number("max_age_h", MIN_OUTBOX_AGE_H, 87600, 720),
    )
    table.finish()
    return limits


def _power(table: Table) -> PowerMethod:
    names = " or ".join(f'"{method}"' for method in PowerMethod)
    method = table.value("method", names, lambda v: v in tuple(PowerMethod), PowerMethod.SYSTEMD)
    table.finish()
    return PowerMethod(method)


def _limits(table: Table) -> RecoveryLimits:
    limits = RecoveryLimits(
        per_day=table.integer("per_day", 1, 24, 3),
        reboots_per_day=table.integer("reboots_per_day", 0, 4, 1),
        after_s=table.number("after_s", 1, 86400, 60),
        verify_s=table.number("verify_s", 1, 3600, 60),
        is_power_cut=table.flag("cut_power", default=False),
    )
    table.finish()
    return limits


def _acts(table: Table) -> Acts:
    units = 'a list of units like ["cups.service", "kernel"]'
    program = "a program's absolute path and its arguments, as a list of texts"
    acts = Acts(
        controller=table.text("controller", "https://HOST:PORT", r"https://[^/\s]+", ""),
        log_units=tuple(table.value("log_units", units, _are_units, [])),
        message=tuple(table.value("message", program, _is_program, [])),
        display=table.text("display", "an X display like :0", r"[A-Za-z0-9.-]*:\d+(\.\d+)?", ""),
        xauthority=table.text("xauthority", "an absolute path", r"/.+", ""),
        salt_call=table.text("salt_call", "an absolute path", r"/.+", Acts().salt_call),
    )
    table.finish()
    return acts


def _minion(table: Table) -> Minion:
    usual = Minion()
    program = "a program's absolute path and its arguments, as a list of texts"
    minion = Minion(
        folder=table.file("folder", "a folder", default=str(usual.folder)),
        programs=table.file("programs", "a folder", default=str(usual.programs)),
        pidfile=table.file("pidfile", "a file", default=str(usual.pidfile)),
        restart=tuple(table.value("restart", program, lambda v: v == [] or _is_program(v), [])),
    )
    table.finish()
    return minion


def _are_units(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, str) and (each == "kernel" or _ANY_UNIT.fullmatch(each)) for each in value
    )


def _is_program(value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return False
    return bool(value) and value[0].startswith("/")


def _peripherals(tables: tuple[Table, ...]) -> tuple[Peripheral, ...]:
    found: list[Peripheral] = []
    for table in tables:
        peripheral = _peripheral(table)
        taken = (*BUILT_IN, *(other.id for other in found))
        if peripheral.id in taken:
            raise table.error("id", repr(peripheral.id), "unique, and not " + ", ".join(BUILT_IN))
        found.append(peripheral)
    return tuple(found)


def _peripheral(table: Table) -> Peripheral:
    match = _match(table.inline("match"))
    peripheral = Peripheral(
        id=table.text("id", f"an id like camera ({_DEVICE_ID})", _DEVICE_ID),
        kind=table.value("kind", _kinds(), lambda v: isinstance(v, str) and bool(named(v))),
        is_required=table.flag("required", default=True),
        match=match,
        settings=table.value("settings", "a table {...} of texts, numbers, flags", _is_flat, {}),
        recovery=_ladder(table, match),
    )
    table.finish()
    return peripheral


def _ladder(table: Table, match: Match) -> tuple[Rung, ...]:
    texts = table.value("recovery", f"a list of {_RUNGS}, each once, reboot last", _are_rungs, [])
    rungs = tuple(_rung(text) for text in texts)
    is_usb = match.usb_id or match.serial or match.port
    on_usb = [rung.name for rung in rungs if rung.name in _ON_USB]
    if on_usb and not is_usb:
        remedy = "with match.usb_id, match.serial or match.port, which tell the USB device"
        raise table.error("recovery", repr(texts), f"without {on_usb[0]}, or {remedy}")
    return rungs


def _are_rungs(value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return False
    return (
        all(_is_rung(each) for each in value)
        and len(set(value)) == len(value)
        and RungName.REBOOT not in value[:-1]
    )


def _is_rung(text: str) -> bool:
    name, _, unit = text.partition(":")
    if name == RungName.RESTART:
        return bool(_UNIT.fullmatch(unit)) and unit != _OWN_UNIT
    return text in tuple(RungName)


def _rung(text: str) -> Rung:
    name, _, unit = text.partition(":")
    return Rung(RungName(name), unit)


def _kinds() -> str:
    return "one of " + ", ".join(kind.name for kind in KINDS)


def _is_flat(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(each, str | int | float) for each in value.values()
    )


def _match(table: Table) -> Match:
    match = Match(
        usb_id=table.text(
            "usb_id", "vendor:product like 046d:0825", r"[0-9a-f]{4}:[0-9a-f]{4}", None
        ),
        serial=table.text("serial", "a serial number", default=None),
        port=table.text("port", "a USB port like 1-1.2", r"\d+-\d+(\.\d+)*", None),
        path=table.text("path", "a device node like /dev/video0", r"/.+", None),
        queue=table.text("queue", "the name of a CUPS queue", r"[^\s/#]{1,127}", None),
    )
    table.finish()
    return match


def check_credentials(config: Config) -> None:
    """Raises ConfigError when a certificate or key the link needs is not there."""
    wanted = {
        "broker.ca": config.broker.ca,
        "broker.certificate": config.broker.certificate,
        "broker.key": config.broker.key,
    }
    for key, path in wanted.items():
        if not path.is_file():
            raise ConfigError(f"{key} is {path}, must be a file: enrol this kiosk first")
