"""When nobody's firmware is changed: while a citizen is there, and without mains."""

from pathlib import Path

from agent.config import Config, Peripheral
from agent.firmware.errors import RefusedError
from agent.probe import Context
from agent.probes import session, ups
from agent.settings import settings
from contract.health import Health

_ON_BATTERY = frozenset(("on-battery", "battery-low", "ups-off"))


def refuse_when_not_now(config: Config, sys: Path = Path("/sys")) -> None:
    """Raises RefusedError with the reason; returns when nothing speaks against it."""
    if config.declared("camera") or config.declared("microphone"):
        declared = config.declared(session.KIND)
        item = declared[0] if declared else Peripheral(session.KIND, session.KIND)
        told = settings(item, session.Settings)
        if session.Eye(config, told, session.World()).is_held():
            raise RefusedError("a citizen is in session")
    for device in ups.probe(config).run(Context(config, boot_id="", link=None)):
        if _ON_BATTERY & set(device.reasons):
            raise RefusedError(f"{device.id} runs on battery")
        if device.health is Health.UNKNOWN:
            raise RefusedError(f"{device.id} does not say whether there is mains")
    if is_on_battery(sys):
        raise RefusedError("the machine runs on its battery")


def is_on_battery(sys: Path) -> bool:
    """Whether the machine has a mains adapter, and none is plugged in (sysfs-class-power)."""
    mains = [
        (supply / "online").read_text().strip() == "1"
        for supply in sorted((sys / "class/power_supply").glob("*"))
        if _type(supply) == "Mains" and (supply / "online").exists()
    ]
    return bool(mains) and not any(mains)


def _type(supply: Path) -> str:
    try:
        return (supply / "type").read_text().strip()
    except OSError:
        return ""
