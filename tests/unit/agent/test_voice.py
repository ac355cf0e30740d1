"""What a kiosk says, down to the byte: the golden files the controller's tests decode.

`python -m tests.unit.agent.test_voice` writes them anew, after a change that was meant.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.config import Peripheral
from agent.voice import Voice, machine_facts
from contract import RELEASE
from contract.commands import CommandState
from contract.events import EventName
from contract.health import DeviceState, Health, verdict
from contract.messages import Event, Firmware, Message, decode, encode
from contract.topics import Channel
from tests.agents import BOOT, NOON, FakeClock, config

WIRE = Path(__file__).parents[2] / "fixtures" / "wire"
COMMAND = "0b5e6f3a-7c1d-4e52-9a38-2f4b6c8d0e1f"
EPOCH = "00000000deadbeef"
SESSION = "0123456789abcdef"
WEBCAM = Firmware(
    "08d460be0f1f9f128413f816022a6439e0078018",
    "Integrated Webcam",
    "1.2.3",
    "fwupd",
    "ACME Corp.",
    ("b585990a-003e-5270-89d5-3705a17f9a43",),
    "046d:0825",
    is_updatable=True,
    release="1.2.4",
    remote="lvfs",
)


def golden() -> dict[str, Message]:
    """File name -> message, made by the agent's own code."""
    from msgspec.structs import replace

    camera = Peripheral("camera", "camera")
    clock = FakeClock(NOON + timedelta(microseconds=123_456))
    voice = Voice(replace(config(Path("/")), peripherals=(camera,)), clock, BOOT)
    devices = (
        DeviceState("camera", "camera", Health.MISSING, ("not-connected",)),
        DeviceState(
            "storage",
            "storage",
            Health.DEGRADED,
            ("space-low",),
            {"free_bytes": 1073741824.0, "used_percent": 91.5},
            {"filesystem": "ext4", "read_only": False},
        ),
        DeviceState("system", "system", Health.OK, (), {"uptime_s": 3600.0}, {"model": "Borne é"}),
    )
    found = verdict(devices, frozenset({"camera", "storage", "system"}))
    ended = Event(EventName.SESSION_ENDED, "session", {"duration_s": 1260.0})
    report = voice.report(devices, found, is_full=True, removed=("old-printer",), events=(ended,))
    result = {
        "simulated": False,
        "duration_s": 74.2,
        "old_boot_id": BOOT,
        "changed": ["camera: missing -> ok"],
    }
    outcome = voice.outcome(COMMAND, CommandState.SUCCEEDED, "", result)
    facts = {"hostname": "kiosk", "os": "Debian GNU/Linux 12 (bookworm)", "cores": 2}
    return {
        "presence": voice.presence(SESSION, True, "connected"),
        "inventory": voice.inventory(dict(facts), (WEBCAM,)),
        "report": report(EPOCH, 41),
        "outcome": outcome(EPOCH, 42),
    }


@pytest.mark.parametrize("name", ["presence", "inventory", "report", "outcome"])
def test_the_wire_is_what_the_golden_file_says(name: str) -> None:
    expected = (WIRE / f"{name}.json").read_bytes().rstrip(b"\n")
    assert _without_release(encode(golden()[name])) == _without_release(expected)


@pytest.mark.parametrize("name", ["presence", "inventory", "report", "outcome"])
def test_what_is_said_is_what_is_heard(name: str) -> None:
    message = golden()[name]
    assert decode(Channel(name), encode(message)) == message


def test_a_long_reason_is_cut_to_what_the_contract_takes() -> None:
    voice = Voice(config(Path("/")), FakeClock(), BOOT)
    message = voice.outcome(COMMAND, CommandState.FAILED, "x" * 5000)(EPOCH, 1)
    assert decode(Channel.OUTCOME, encode(message)) == message


def test_this_very_machine_fits_the_contract() -> None:
    inventory = Voice(config(Path("/")), FakeClock(), BOOT).inventory(
        machine_facts(config(Path("/")))
    )
    assert decode(Channel.INVENTORY, encode(inventory)) == inventory
    assert {"hostname", "os", "kernel", "machine"} <= inventory.facts.keys()


def test_the_machines_own_id_is_not_told() -> None:
    machine_id = Path("/etc/machine-id")
    told = machine_facts(config(Path("/")))["machine"]
    own = machine_id.read_text().strip() if machine_id.exists() else "none"
    assert (told == own, len(str(told))) == (False, 16)


def _without_release(raw: bytes) -> bytes:
    """A release of the software is no change of the wire."""
    return raw.replace(f'"agent_version":"{RELEASE}"'.encode(), b'"agent_version":"0.1.0"')


if __name__ == "__main__":
    WIRE.mkdir(parents=True, exist_ok=True)
    for name, message in golden().items():
        (WIRE / f"{name}.json").write_bytes(encode(message) + b"\n")
