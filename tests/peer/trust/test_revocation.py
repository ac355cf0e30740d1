"""A revoked kiosk is out at once, stays out, and may come back by a new token alone."""

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.mqtt import Voice, context, own
from tests.peer.region import Papers, Region, make_request, wait_until

ONE, OTHER = "pvp-63003-1", "pvp-63003-2"
REPORT, ACK = f"vigie/1/{ONE}/report", f"vigie/1/{ONE}/ack"
COMMAND, PRESENCE = f"vigie/1/{ONE}/command", f"vigie/1/{ONE}/presence"
_ONLINE = f"""
import django; django.setup()
from django.utils import timezone
from controller.fleet.models import Status
Status.objects.create(kiosk_id="{ONE}", is_online=True, session="00000000000000ab",
    boot_id="b", agent_version="1", last_heard_at=timezone.now(), touched_at=timezone.now())
"""
_AUDIT = """
import django, json; django.setup()
from controller.accounts.models import AuditEntry
print(json.dumps([[e.action, e.subject, e.why] for e in AuditEntry.objects.order_by("id")]))
"""


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as made:
        made.start_broker()
        yield made


@pytest.fixture
def papers(region: Region) -> dict[str, Papers]:
    return region.enrol(ONE, OTHER)


@pytest.fixture
def ingest(region: Region, papers: dict[str, Papers]) -> Iterator[Voice]:
    with Voice(region.broker_port, own(region.pki, "vigie-ingest")) as voice:
        for channel in ("report", "presence"):
            voice.subscribe(f"vigie/1/+/{channel}")
        yield voice


def revoke(region: Region, kiosk: str = ONE) -> str:
    return region.vigie("revoke", kiosk, "--why", "stolen on 3 May")


def test_a_live_session_is_ended_and_cannot_come_back(
    region: Region, papers: dict[str, Papers]
) -> None:
    with Voice(region.broker_port, papers[ONE]) as one:
        assert "1 certificates revoked" in revoke(region)
        one.wait_for_end()
    with pytest.raises(ssl.SSLError, match="certificate revoked"):
        be_refused(region, papers[ONE])


def test_the_others_sessions_are_not_disturbed(
    region: Region, papers: dict[str, Papers], ingest: Voice
) -> None:
    with Voice(region.broker_port, papers[OTHER]) as other:
        other.subscribe(f"vigie/1/{OTHER}/ack")
        revoke(region)
        assert other.say(f"vigie/1/{OTHER}/report", b"still here") == "Success"
        ingest.wait_for(f"vigie/1/{OTHER}/report", b"still here")
        ingest.say(f"vigie/1/{OTHER}/ack", b"heard")
        other.wait_for(f"vigie/1/{OTHER}/ack", b"heard")
        assert not other.is_ended


def test_the_fleet_is_told_that_the_kiosk_has_gone(
    region: Region, papers: dict[str, Papers], ingest: Voice
) -> None:
    region.python(_ONLINE)
    one = Voice(region.broker_port, papers[ONE])
    one.will(PRESENCE, b"its own will", delay_s=10)
    one.connect()
    revoke(region)
    one.wait_for_end()
    (topic, payload) = ingest.heard[-1]
    said = json.loads(payload)
    assert (topic, said["session"], said["is_online"], said["reason"]) == (
        PRESENCE,
        "00000000000000ab",
        False,
        "revoked",
    )


def test_commands_that_waited_for_it_are_dropped(region: Region, papers: dict[str, Papers]) -> None:
    absent = Voice(region.broker_port, papers[ONE], keeps_session=True)
    absent.connect()
    absent.subscribe(COMMAND)
    absent.close()
    with Voice(region.broker_port, own(region.pki, "vigie-worker")) as worker:
        assert worker.say(COMMAND, b"for the old one") == "Success"
        revoke(region)
        new = region.enrol(ONE)[ONE]
        back = Voice(region.broker_port, new, keeps_session=True)
        back.connect()
        back.subscribe(COMMAND)
        worker.say(COMMAND, b"for the new one")
        back.wait_for(COMMAND, b"for the new one")
        assert list(back.heard) == [(COMMAND, b"for the new one")]
        back.close()


def test_a_session_that_could_not_be_ended_is_deaf_and_mute(
    region: Region, papers: dict[str, Papers], ingest: Voice
) -> None:
    # The controller is told of a broker where there is none, so that only CRL and ACL reach it.
    toml = region.home / "vigie.toml"
    toml.write_text(toml.read_text().replace("[broker]", '[broker]\nhost = "localhost.invalid"'))
    with Voice(region.broker_port, papers[ONE]) as one:
        one.subscribe(ACK)
        assert "it can say and hear nothing" in revoke(region)
        # The broker is told by a signal, and reads its rules when it comes to it.
        refused = "Not authorized"
        wait_until(lambda: one.say(REPORT, b"still there") == refused, "the broker's new rules")
        with Voice(region.broker_port, papers[OTHER]) as other:
            other.subscribe(f"vigie/1/{OTHER}/ack")
            ingest.say(ACK, b"to the revoked")
            ingest.say(f"vigie/1/{OTHER}/ack", b"after it")
            other.wait_for(f"vigie/1/{OTHER}/ack", b"after it")
        assert not one.heard
        assert not one.is_ended


def test_a_resumed_tls_session_is_refused_too(region: Region, papers: dict[str, Papers]) -> None:
    tls = context(papers[ONE])
    kept = session_of(region, tls)
    revoke(region)
    with pytest.raises(ssl.SSLError), dial(region, tls, kept) as line:
        line.recv(1)


def test_it_holds_when_the_broker_was_down_meanwhile(
    region: Region, papers: dict[str, Papers]
) -> None:
    region.stop("broker")
    assert "no broker runs on this machine" in revoke(region)
    region.start_broker()
    with pytest.raises(ssl.SSLError, match="certificate revoked"):
        be_refused(region, papers[ONE])


def test_a_new_token_lets_it_in_again_with_a_new_certificate_alone(
    region: Region, papers: dict[str, Papers], ingest: Voice
) -> None:
    revoke(region)
    (folder := papers[ONE].certificate.parent / "old").mkdir()
    old = Papers(
        papers[ONE].certificate.rename(folder / f"{ONE}.pem"),
        papers[ONE].key.rename(folder / f"{ONE}.key"),
        papers[ONE].ca,
    )
    new = region.enrol(ONE)[ONE]
    with Voice(region.broker_port, new) as one:
        assert one.say(REPORT, b"back") == "Success"
        ingest.wait_for(REPORT, b"back")
        with pytest.raises(ssl.SSLError, match="certificate revoked"):
            be_refused(region, old)


def test_enrolling_anew_ends_the_certificate_before(
    region: Region, papers: dict[str, Papers]
) -> None:
    before = context(papers[ONE])
    with Voice(region.broker_port, papers[ONE]) as one:
        region.enrol(ONE)
        one.wait_for_end()
    with (
        pytest.raises(ssl.SSLError, match="certificate revoked"),
        dial(region, before, None) as line,
    ):
        line.recv(1)


def test_an_unused_token_ends_with_a_revocation(
    region: Region, papers: dict[str, Papers], tmp_path: Path
) -> None:
    token = region.vigie("enrol-token", ONE).split()[1]
    revoke(region)
    region.start_web()
    answer = region.enrol_by_door(token, make_request(tmp_path / "key"))
    assert answer.status_code == 403
    assert "the kiosk was revoked" in answer.json()["error"]


def test_who_revoked_and_why_is_kept(region: Region, papers: dict[str, Papers]) -> None:
    revoke(region)
    assert json.loads(region.python(_AUDIT))[-1] == ["enrolment.revoke", ONE, "stolen on 3 May"]


def test_an_unknown_kiosk_is_said(region: Region) -> None:
    said = region.vigie("revoke", "pvp-nowhere", "--why", "x", code=1)
    assert said == "vigie: no kiosk 'pvp-nowhere': `vigie fleet` shows them\n"


def dial(region: Region, tls: ssl.SSLContext, kept: ssl.SSLSession | None) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", region.broker_port), timeout=10)
    try:
        return tls.wrap_socket(raw, server_hostname="localhost", session=kept)
    except ssl.SSLError:
        raw.close()
        raise


def be_refused(region: Region, papers: Papers) -> None:
    with dial(region, context(papers), None) as line:
        line.recv(1)


def session_of(region: Region, tls: ssl.SSLContext) -> ssl.SSLSession:
    """A session ticket, of the kind with which a later connection shows no certificate."""
    with dial(region, tls, None) as line:
        line.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03abc")
        assert line.recv(64)[0] == 0x20  # CONNACK; the tickets came before it
        assert line.session is not None
        kept: ssl.SSLSession = line.session
    with dial(region, tls, kept) as line:
        assert line.session_reused  # it would work, were it not revoked
        line.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03abc")
        assert line.recv(64)[0] == 0x20
        fresh: ssl.SSLSession | None = line.session
    assert fresh is not None
    return fresh
