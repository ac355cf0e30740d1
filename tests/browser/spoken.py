"""A kiosk that a test speaks for, on the real broker with its own certificate."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from contract.commands import CommandState
from contract.health import DeviceState, Health, verdict
from contract.messages import Command, Outcome, Presence, Report, decode, encode
from contract.topics import Channel, build
from tests.peer.mqtt import Voice
from tests.peer.region import Papers, wait_until

PATIENCE_S = 15.0
REQUIRED = frozenset({"camera", "printer"})
CAMERA = DeviceState("camera", "camera", Health.OK)
PRINTER = DeviceState("printer", "printer", Health.OK, (), {"toner_percent": 62})
EMPTY = DeviceState("printer", "printer", Health.FAILED, ("media-empty",), {"toner_percent": 62})


class SpokenKiosk:
    """One connected kiosk. `close` it at the end."""

    def __init__(self, name: str, port: int, papers: Papers) -> None:
        self.name = name
        self._seq = 0
        self._epoch = secrets.token_hex(8)
        self._session = secrets.token_hex(8)
        self._voice = Voice(port, papers)
        self._voice.connect()
        self._voice.subscribe(build(name, Channel.COMMAND))
        self.be_present(is_online=True)

    def close(self) -> None:
        """Leave the broker without a word."""
        self._voice.close()

    def be_present(self, *, is_online: bool, reason: str = "connected") -> None:
        """Say that it is there, or not."""
        said = Presence(self._session, is_online, datetime.now(UTC), "boot-1", "0.1.0", reason)
        self._say(Channel.PRESENCE, encode(said), retain=True)

    def report(self, devices: Sequence[DeviceState] = (CAMERA, PRINTER)) -> None:
        """Say in full how its devices are."""
        self._seq += 1
        report = Report(
            epoch=self._epoch,
            seq=self._seq,
            at=datetime.now(UTC),
            clock_trusted=True,
            boot_id="boot-1",
            is_full=True,
            devices=tuple(devices),
            verdict=verdict(devices, REQUIRED),
        )
        self._say(Channel.REPORT, encode(report))

    def next_command(self) -> Command:
        """The command that comes next."""
        topic = build(self.name, Channel.COMMAND)
        wait_until(lambda: bool(self._voice.heard), "a command", PATIENCE_S)
        heard, payload = self._voice.heard.popleft()
        assert heard == topic
        command = decode(Channel.COMMAND, payload)
        assert isinstance(command, Command)
        return command

    def answer(self, command: Command, state: CommandState, **result: object) -> None:
        """Say how far a command has come."""
        self._seq += 1
        outcome = Outcome(
            epoch=self._epoch,
            seq=self._seq,
            at=datetime.now(UTC),
            clock_trusted=True,
            boot_id="boot-1",
            command=command.id,
            state=state,
            result=json.loads(json.dumps(result)),
        )
        self._say(Channel.OUTCOME, encode(outcome))

    def _say(self, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        answer = self._voice.say(build(self.name, channel), payload, retain=retain)
        assert answer == "Success"
