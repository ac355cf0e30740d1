"""A release on a simulated kiosk: asked for at an API like salt-api's, seen at the broker."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.salt.client import SaltApi
from controller.salt.port import Job, new_jid
from controller.salt.session import Endpoint
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd
from tests.peer.region import free_port, wait_until
from tests.peer.simulator.running import Fleet

KIOSK = "pvp-63003-1"


@pytest.fixture
def port(tmp_path: Path, authority: Authority, broker: Broker) -> Iterator[SaltApi]:
    """The API of a fleet of one, online; release `r2` breaks its camera."""
    effects, password = tmp_path / "effects.json", tmp_path / "password"
    effects.write_text(json.dumps({"r2": {"takes_s": 0.2, "breaks": {KIOSK: "camera"}}}))
    password.write_text("the fleet's\n")
    shown, listens = authority.issue("salt-of-the-fleet"), free_port()
    fleet = Fleet(tmp_path / "fleet", authority, broker.port, KIOSK)
    where = ("--salt", f"127.0.0.1:{listens}", "--salt-password-file", str(password))
    proofs = ("--salt-certificate", str(shown.certificate), "--salt-key", str(shown.key))
    fleet.start(*where, *proofs, "--salt-effects", str(effects))
    fleet.wait(lambda census: census["online"] == 1)
    made = SaltApi(Endpoint(f"https://127.0.0.1:{listens}", authority.ca, "vigie", password))
    made.accept(KIOSK, "-----BEGIN PUBLIC KEY-----\nshown\n-----END PUBLIC KEY-----\n")
    yield made
    made.close()
    assert fleet.stop() == 0


def apply(port: SaltApi, release: str) -> None:
    job = Job(new_jid(datetime.now(UTC)), "state.apply", (KIOSK,), kwargs={"saltenv": release})
    assert port.submit(job) == {KIOSK}
    wait_until(lambda: bool(port.returns(job.id)), "it has applied it")
    assert port.returns(job.id)[0].has_succeeded


def camera(heard: OtherEnd) -> str:
    """The health of the camera as last reported."""
    told = [
        str(device.health)
        for report in heard.reports()
        for device in report.devices
        if device.kind == "camera"
    ]
    return told[-1] if told else ""


def test_a_release_restarts_the_agent_breaks_what_it_breaks_and_another_mends_it(
    port: SaltApi, other_end: OtherEnd
) -> None:
    apply(port, "r1")
    other_end.wait(lambda heard: camera(heard) == "ok")
    apply(port, "r2")
    other_end.wait(lambda heard: camera(heard) == "failed")
    assert "restarting" in {presence.reason for presence in other_end.presences()}
    apply(port, "r1")
    other_end.wait(lambda heard: camera(heard) == "ok")
