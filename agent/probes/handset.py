"""The telephone handset: there, audible, and confidential.

Lifted, it must mute the loudspeakers, or the whole town hall hears the adviser. Whether it is
lifted is told by its hook where that is an input device: a switch (linux/input-event-codes.h, SW_*)
or a key that is held (KEY_PHONE).
"""

import fcntl
import os
from typing import Annotated

import pyudev
from msgspec import Meta, Struct

from agent.config import Config, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import alsa, finding, sound
from agent.probes.alsa import Direction
from agent.probes.finding import Finding
from agent.probes.sound import NOT_MEASURED, Percent, Way
from agent.settings import settings
from contract.health import DeviceState, FactValue, Health

KIND = "handset"
PERIOD_S = 10.0
#: EVIOCGSW(8) and EVIOCGKEY(96): the switches that are on, the keys that are held (linux/input.h).
SWITCHES, _SWITCH_BYTES = 0x8008451B, 8
KEYS, _KEY_BYTES = 0x80604518, 96


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared handset.

    `hook` is the input device that tells whether it is lifted, `hook_switch` or `hook_key` the code
    that is on while it is; `loudspeakers` the id of those it must mute.
    """

    control: str = ""  # the control that counts; empty: all of them
    least_percent: Percent = 0.0  # of the control's range; quieter is said
    hook: str = ""
    hook_switch: Annotated[int, Meta(ge=0, le=63)] | None = None
    hook_key: Annotated[int, Meta(ge=0, le=767)] | None = None
    loudspeakers: str = ""


def probe(config: Config) -> Probe:
    """Reports each declared handset. Raises ConfigError when its settings are wrong."""
    told = {item.id: _settings(config, item) for item in config.declared(KIND)}
    declared = {
        item.id: (item, Way(told[item.id].control, told[item.id].least_percent))
        for item in config.declared(KIND)
    }
    udev = pyudev.Context()
    heard = sound.probe(
        *(KIND, Direction.PLAYBACK, declared, config),
        lambda *_: Finding(),
        config.probes.timeout_s,
    )

    def run(context: Context) -> tuple[DeviceState, ...]:
        # The hook is read in a session too: that is when it matters, and it disturbs nobody.
        return tuple(
            finding.add(state, look(config, udev, told[state.id]))
            if state.health is not Health.MISSING
            else state
            for state in heard.run(context)
        )

    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), heard.timeout_s, run)


def look(config: Config, udev: pyudev.Context, told: Settings) -> Finding:
    """Whether it is lifted, and whether the loudspeakers keep silent then."""
    if not told.hook:
        return Finding()
    try:
        is_lifted = read_hook(told)
    except OSError as err:
        trouble = f"{told.hook}: {err.strerror}"
        return Finding(Health.UNKNOWN, (NOT_MEASURED,), {}, {"trouble": trouble[:128]})
    is_loud = is_lifted and loudspeakers_sound(config, udev, told.loudspeakers)
    return judge(is_lifted=is_lifted, is_loud=is_loud)


def read_hook(told: Settings) -> bool:
    """Whether the handset is lifted. Raises OSError when its input device does not answer."""
    is_key = told.hook_key is not None
    request, count = (KEYS, _KEY_BYTES) if is_key else (SWITCHES, _SWITCH_BYTES)
    bits = bytearray(count)
    node = os.open(told.hook, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(node, request, bits)
    finally:
        os.close(node)
    return is_set(bits, (told.hook_key if is_key else told.hook_switch) or 0)


def is_set(bits: bytearray, code: int) -> bool:
    """Whether the bit of a code is on.

    >>> is_set(bytearray([0b100]), 2), is_set(bytearray([0b100]), 1)
    (True, False)
    """
    return bool(bits[code // 8] >> (code % 8) & 1)


def loudspeakers_sound(config: Config, udev: pyudev.Context, name: str) -> bool:
    """Whether the declared loudspeakers are there and let sound through."""
    speakers = [item for item in config.declared("speakers") if item.id == name]
    for item in speakers:
        card, _ = alsa.pair(speakers, alsa.read(udev), Direction.PLAYBACK)[name]
        if card is not None:
            way = Way(str(item.settings.get("control", "")))
            return sound.heard(card, Direction.PLAYBACK, way).health is Health.OK
    return False


def judge(*, is_lifted: bool, is_loud: bool) -> Finding:
    """Whether what the adviser says stays between two.

    >>> judge(is_lifted=True, is_loud=True).reasons
    ('not-confidential',)
    """
    facts: dict[str, FactValue] = {"off_hook": is_lifted}
    if is_lifted and is_loud:
        return Finding(Health.FAILED, ("not-confidential",), facts=facts)
    return Finding(facts=facts)


def _settings(config: Config, item: Peripheral) -> Settings:
    told = settings(item, Settings)
    subject = f"settings of peripheral {item.id!r} ({KIND})"
    if told.hook and (told.hook_switch is None) == (told.hook_key is None):
        raise ConfigError(f"{subject}: hook needs one of hook_switch, hook_key")
    known = [each.id for each in config.declared("speakers")]
    if told.loudspeakers and told.loudspeakers not in known:
        raise ConfigError(
            f"{subject}: loudspeakers is {told.loudspeakers!r}, must be the id of a declared "
            f"peripheral of the kind speakers: {', '.join(known) or 'there is none'}"
        )
    return told
