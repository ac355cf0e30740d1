"""The machine itself: CPU, memory, temperature, uptime, clock.

/proc/stat (proc(5): user nice system idle iowait irq softirq steal, in ticks since boot):
    cpu  6885 0 3236 166864 724 0 67 14 0 0
/proc/meminfo:
    MemTotal:       24684096 kB
    MemAvailable:   24244944 kB
/etc/os-release:
    PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
"""

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

from msgspec import Struct

from agent.clock import Clock, uptime_s
from agent.config import Config
from agent.probe import Context, Probe
from agent.probes import timekeeping, voltage
from agent.probes.limits import Limit, broken
from agent.probes.temperature import cpu_celsius
from agent.probes.timekeeping import Offset, Steadiness
from contract.health import DeviceState, FactValue, Health

#: Below 10 % the kernel begins to drop caches that a video call needs again.
MEMORY_LOW = Limit("memory-low", enters=10, leaves=15)
#: x86 and ARM boards of kiosks throttle from 85-95 degrees on.
TEMPERATURE_HIGH = Limit("temperature-high", enters=85, leaves=78)
#: Per core over 15 minutes: a video call alone stays under 1.
LOAD_HIGH = Limit("load-high", enters=3, leaves=2)
#: The first run has no earlier one to compare with.
FIRST_SAMPLE_S = 0.25

_PROC, _SYS = Path("/proc"), Path("/sys")


class CpuTicks(Struct, frozen=True):
    """Time of all cores since boot, in ticks."""

    busy: int
    total: int


class Memory(Struct, frozen=True):
    """What there is, and what programs can still have without swapping."""

    total_bytes: int
    available_bytes: int


class Reading(Struct, frozen=True):
    """All that is measured in one run. A temperature of None: this machine has no sensor."""

    cpu_percent: float
    load_1min: float
    load_15min: float
    cores: int
    memory: Memory
    uptime_s: float
    temperature_celsius: float | None
    is_clock_trusted: bool
    clock_offset: Offset | None = None
    clock_jump_s: float = 0.0  # of a jump that is still told of
    is_voltage_low: bool = False


def probe(
    config: Config,
    sys: Path = _SYS,
    clock: Clock | None = None,
    since_boot: Callable[[], float] = uptime_s,
) -> Probe:
    """Reports the device `system`."""
    facts = _facts()
    clock = clock or Clock()
    ticks: CpuTicks | None = None
    reasons: tuple[str, ...] = ()
    steadiness = Steadiness()

    def run(context: Context) -> tuple[DeviceState, ...]:
        nonlocal ticks, reasons, steadiness
        before = ticks
        if before is None:
            before = parse_stat(_read("stat"))
            time.sleep(FIRST_SAMPLE_S)
        ticks = parse_stat(_read("stat"))
        up_s = since_boot()
        is_trusted = clock.is_trusted()
        steadiness = timekeeping.observe(steadiness, clock.utc(), up_s, is_trusted=is_trusted)
        jump_s = steadiness.jump_s if steadiness.is_told(up_s) else 0.0
        reading = _measure(cpu_percent(before, ticks), sys, up_s, is_trusted, jump_s)
        state = judge(reading, {"boot_id": context.boot_id, **facts}, reasons)
        reasons = state.reasons
        return (state,)

    return Probe("system", config.probes.system_s, config.probes.timeout_s, run)


def parse_stat(raw: str) -> CpuTicks:
    """The first line of /proc/stat. Waiting for a disk is not work.

    >>> parse_stat("cpu  6885 0 3236 166864 724 0 67 14 0 0\\ncpu0 1815 0 1155")
    CpuTicks(busy=10202, total=177790)
    """
    user, nice, system, idle, iowait, irq, softirq, steal = map(int, raw.split(None, 9)[1:9])
    busy = user + nice + system + irq + softirq + steal
    return CpuTicks(busy, busy + idle + iowait)


def cpu_percent(before: CpuTicks, after: CpuTicks) -> float:
    """Share of all cores at work between two readings.

    >>> cpu_percent(CpuTicks(100, 1000), CpuTicks(150, 1200))
    25.0
    """
    total = after.total - before.total
    return 100 * (after.busy - before.busy) / total if total > 0 else 0.0


def parse_meminfo(raw: str) -> Memory:
    """Memory of the machine.

    >>> parse_meminfo("MemTotal:  24684096 kB\\nMemFree: 1 kB\\nMemAvailable:   24244944 kB\\n")
    Memory(total_bytes=25276514304, available_bytes=24826822656)
    """
    sizes = {name: rest for name, _, rest in (line.partition(":") for line in raw.splitlines())}
    total, available = (int(sizes[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return Memory(total * 1024, available * 1024)


def parse_os_release(raw: str) -> str:
    """The name of the system, as its makers write it.

    >>> parse_os_release('ID=debian\\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"')
    'Debian GNU/Linux 12 (bookworm)'
    """
    for line in raw.splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip("\"'")
    return "Linux"


def judge(
    reading: Reading, facts: dict[str, FactValue], before: Collection[str] = ()
) -> DeviceState:
    """The device `system`, given the reasons it had before."""
    memory_percent = 100 * reading.memory.available_bytes / reading.memory.total_bytes
    limits = (
        (MEMORY_LOW, memory_percent),
        (TEMPERATURE_HIGH, reading.temperature_celsius),
        (LOAD_HIGH, reading.load_15min / reading.cores),
    )
    reasons = broken(limits, before)
    if not reading.is_clock_trusted:
        reasons.append("clock-not-trusted")
    if reading.clock_jump_s:
        reasons.append(timekeeping.JUMPED)
    if reading.is_voltage_low:
        reasons.append("undervoltage")
    metrics: dict[str, float] = {
        "cpu_percent": round(reading.cpu_percent, 1),
        "load_1min": reading.load_1min,
        "load_15min": reading.load_15min,
        "memory_percent": round(100 - memory_percent, 1),
        "available_bytes": reading.memory.available_bytes,
        "uptime_s": round(reading.uptime_s),
    }
    if reading.temperature_celsius is not None:
        metrics["temperature_celsius"] = round(reading.temperature_celsius, 1)
    if reading.clock_offset is not None and reading.is_clock_trusted:
        metrics["clock_offset_ms"] = round(reading.clock_offset.offset_ms, 3)
        metrics["clock_max_error_ms"] = round(reading.clock_offset.max_error_ms, 1)
    if reading.clock_jump_s:
        metrics["clock_jump_s"] = reading.clock_jump_s
    return DeviceState(
        "system",
        "system",
        Health.DEGRADED if reasons else Health.OK,
        tuple(reasons),
        metrics,
        {**facts, "clock_trusted": reading.is_clock_trusted},
    )


def _measure(
    busy_percent: float, sys: Path, up_s: float, is_clock_trusted: bool, jump_s: float
) -> Reading:
    load_1min, _, load_15min, *_ = _read("loadavg").split()
    return Reading(
        busy_percent,
        float(load_1min),
        float(load_15min),
        os.cpu_count() or 1,
        parse_meminfo(_read("meminfo")),
        up_s,
        cpu_celsius(sys),
        is_clock_trusted,
        clock_offset=timekeeping.read_offset(),
        clock_jump_s=jump_s,
        is_voltage_low=voltage.is_too_low(sys),
    )


def _facts() -> dict[str, FactValue]:
    """What does not change while the machine runs."""
    uname = os.uname()
    try:
        system = parse_os_release(Path("/etc/os-release").read_text())
    except OSError:
        system = uname.sysname
    memory = parse_meminfo(_read("meminfo"))
    return {
        "kernel": uname.release,
        "machine": uname.machine,
        "os": system,
        "cores": os.cpu_count() or 1,
        "memory_bytes": memory.total_bytes,
    }


def _read(name: str) -> str:
    return (_PROC / name).read_text()
