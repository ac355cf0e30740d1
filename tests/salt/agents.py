"""Agents in small, beside real minions: each says through the broker how its kiosk is.

A camera is off while the file `camera-off` lies in its minion's cache: a release can break one, and
another restore it.
"""

import secrets
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from contract.health import DeviceState, Health, Verdict, verdict
from contract.messages import Presence, Report, encode
from contract.topics import Channel, build
from tests.peer.mqtt import Voice
from tests.peer.region import Region

_EVERY_S = 1.0
_BOOT = "11111111-2222-4333-8444-555555555555"


class Agents:
    """Use as a context manager. `caches`: a kiosk's id -> its minion's cache."""

    def __init__(self, region: Region, caches: Mapping[str, Path]) -> None:
        self._caches = caches
        papers = region.enrol(*caches)
        self._voices = {kiosk: Voice(region.broker_port, papers[kiosk]) for kiosk in caches}
        self._epochs = {kiosk: secrets.token_hex(8) for kiosk in caches}
        self._seq = 0
        self._over = threading.Event()
        self._open = ExitStack()
        self._thread = threading.Thread(target=self._report, name="agents", daemon=True)

    def __enter__(self) -> Self:
        for kiosk, voice in self._voices.items():
            self._open.enter_context(voice)
            here = Presence(self._epochs[kiosk], True, datetime.now(UTC), _BOOT, "1.0", "connected")
            voice.say(build(kiosk, Channel.PRESENCE), encode(here), retain=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._open.close()

    def _report(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._seq += 1
            for kiosk, voice in self._voices.items():
                voice.say(build(kiosk, Channel.REPORT), encode(self._of(kiosk)))

    def _of(self, kiosk: str) -> Report:
        is_off = (self._caches[kiosk] / "camera-off").exists()
        devices = (
            DeviceState("camera", "camera", Health.FAILED if is_off else Health.OK),
            DeviceState("session", "session", Health.OK, facts={"in_session": False}),
        )
        judged: Verdict = verdict(devices, frozenset({"camera"}))
        return Report(
            epoch=self._epochs[kiosk], seq=self._seq, at=datetime.now(UTC), clock_trusted=True,
            boot_id=_BOOT, is_full=True, devices=devices, verdict=judged,
        )  # fmt: skip
