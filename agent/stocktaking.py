"""Tells what this kiosk is made of; has the firmware of its peripherals listed once a day.

The listing asks devices, and is the work of a process of its own (agent.firmware): here is only
what it found, kept on disk so that a restart does not forget it.
"""

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from agent.config import Config
from agent.errors import AgentError
from agent.link import Link
from agent.loop import Loop
from agent.voice import Voice, machine_facts
from contract.health import DeviceState, is_in_session
from contract.messages import Firmware, encode
from contract.topics import Channel

log = logging.getLogger(__name__)

FIRST_S, AGAIN_S, DAILY_S = 300.0, 3600.0, 86400.0
_LIMIT_S = 600.0
_MOST = 64
_RELEASES = Path("/opt/vigie/releases")  # agent.releases, which is not loaded for a name


class Stocktaking:
    """Belongs to the loop; a listing has a thread of its own while it lasts."""

    def __init__(
        self,
        config: Config,
        loop: Loop,
        voice: Voice,
        link: Link,
        devices: Callable[[], tuple[DeviceState, ...]],
    ) -> None:
        self._config, self._loop, self._voice, self._link = config, loop, voice, link
        self._devices = devices
        self._path = config.state_dir / "firmware.json"
        self._known: tuple[Firmware, ...] = ()
        self._said = ""

    def begin(self) -> None:
        """From now on; nothing is asked before the kiosk has settled."""
        with suppress(OSError, msgspec.DecodeError):  # none yet, or a power cut spoilt it
            self._known = msgspec.json.decode(self._path.read_bytes(), type=tuple[Firmware, ...])
        self._loop.later(FIRST_S, self._due)

    def introduce(self) -> None:
        """Say what there is: retained, so that it is known while we are away."""
        inventory = self._voice.inventory(machine_facts(self._config), self._known)
        self._link.publish(Channel.INVENTORY, encode(inventory), retain=True)

    def _due(self) -> None:
        if is_in_session(self._devices()):
            self._loop.later(AGAIN_S, self._due)
            return
        self._loop.later(DAILY_S, self._due)
        if any(_RELEASES.glob("*/manifest.json")):  # hooks come with a release
            threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        from agent.commands import outside  # of a kiosk with hooks only

        try:
            _, out, err = outside.run(command(sys.argv), _LIMIT_S)
            found = listed(out, err)
        except AgentError as failed:
            if str(failed) != self._said:
                log.warning("the firmware is not listed: %s", failed)
            self._said = str(failed)
            return
        self._said = ""
        self._loop.post(lambda: self._news(found))

    def _news(self, found: tuple[Firmware, ...]) -> None:
        if found == self._known:
            return
        self._known = found
        draft = self._path.with_suffix(".new")
        with suppress(OSError):  # full or read-only: the storage probe says it
            draft.write_bytes(msgspec.json.encode(found))
            draft.replace(self._path)
        if self._link.is_up:
            self.introduce()


def command(argv: list[str]) -> list[str]:
    """This very program, asked for the list, with the configuration that it was given.

    >>> command(["vigie-agent", "run", "--config", "/etc/a.toml"])[1:]
    ['-m', 'agent', 'firmware', 'inventory', '--json', '--config', '/etc/a.toml']
    """
    told = [sys.executable, "-m", "agent", "firmware", "inventory", "--json"]
    if "--config" in argv[:-1]:
        told += ["--config", argv[argv.index("--config") + 1]]
    return told


def listed(out: str, err: str) -> tuple[Firmware, ...]:
    """What `vigie-agent firmware inventory --json` found. Raises AgentError when it says none."""
    try:
        told: dict[str, Any] = msgspec.json.decode(out, type=dict[str, Any])
        devices = told["devices"][:_MOST]
        return tuple(
            msgspec.convert({**one, "device": one["id"], "guids": one["guids"][:8]}, Firmware)
            for one in devices
        )
    except (msgspec.DecodeError, KeyError, TypeError) as failed:
        said = (out or err).strip()[-200:]
        raise AgentError(f"vigie-agent firmware inventory: {said or failed}") from failed
