"""What the broker, run with the configuration that `vigie init` writes, lets each one do."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.topics import Channel, build
from controller.enrolment.authority import Authority
from tests.peer.mqtt import Voice, context, own
from tests.peer.region import Papers, Region

ONE, OTHER = "pvp-63003-1", "pvp-63003-2"
MINE = [build(ONE, channel) for channel in Channel]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with Region(tmp_path_factory.mktemp("region")) as made:
        made.start_broker()
        yield made


@pytest.fixture(scope="module")
def papers(region: Region) -> dict[str, Papers]:
    return region.enrol(ONE, OTHER)


@pytest.fixture
def one(region: Region, papers: dict[str, Papers]) -> Iterator[Voice]:
    with Voice(region.broker_port, papers[ONE]) as voice:
        yield voice


@pytest.fixture
def ingest(region: Region) -> Iterator[Voice]:
    with Voice(region.broker_port, own(region.pki, "vigie-ingest")) as voice:
        yield voice


@pytest.fixture
def worker(region: Region) -> Iterator[Voice]:
    with Voice(region.broker_port, own(region.pki, "vigie-worker")) as voice:
        yield voice


@pytest.mark.parametrize("channel", ["presence", "inventory", "report", "outcome"])
def test_ingest_hears_what_a_kiosk_says_on_its_own_topic(
    one: Voice, ingest: Voice, channel: str
) -> None:
    topic = f"vigie/1/{ONE}/{channel}"
    ingest.subscribe(f"vigie/1/+/{channel}")
    assert one.say(topic, b"mine") == "Success"
    ingest.wait_for(topic, b"mine")


def test_ingest_hears_a_shared_subscription(one: Voice, ingest: Voice) -> None:
    ingest.subscribe("$share/ingest/vigie/1/+/report")
    one.say(f"vigie/1/{ONE}/report", b"shared")
    ingest.wait_for(f"vigie/1/{ONE}/report", b"shared")


@pytest.mark.parametrize(
    "topic",
    [
        *(build(OTHER, channel) for channel in Channel),
        build(ONE, Channel.COMMAND),
        build(ONE, Channel.ACK),
        f"vigie/1/{ONE}/report/more",
        f"vigie/1/{ONE}",
        f"vigie/2/{ONE}/report",
        "elsewhere",
        "$SYS/broker/version",
    ],
)
def test_a_kiosk_may_not_write_elsewhere(one: Voice, topic: str) -> None:
    assert one.say(topic) == "Not authorized"


def test_a_kiosk_that_asks_for_everything_hears_only_its_own_commands_and_acks(
    one: Voice, ingest: Voice, worker: Voice, region: Region, papers: dict[str, Papers]
) -> None:
    for topic in ("#", "$SYS/#", "vigie/1/+/command", f"vigie/1/{OTHER}/ack"):
        one.subscribe(topic)
    with Voice(region.broker_port, papers[OTHER]) as other:
        for channel in ("presence", "inventory", "report", "outcome"):
            other.say(f"vigie/1/{OTHER}/{channel}", b"not yours")
    worker.say(f"vigie/1/{OTHER}/command", b"not yours")
    ingest.say(f"vigie/1/{OTHER}/ack", b"not yours")
    ingest.say(f"vigie/1/{ONE}/ack", b"yours")
    worker.say(f"vigie/1/{ONE}/command", b"yours")
    # Each publisher's messages come in order: after these two nothing earlier is still to come.
    one.wait_for(f"vigie/1/{ONE}/command", b"yours")
    one.wait_for(f"vigie/1/{ONE}/ack", b"yours")
    assert {topic for topic, _ in one.heard} == {
        f"vigie/1/{ONE}/command",
        f"vigie/1/{ONE}/ack",
    }


def test_a_kiosk_hears_nothing_retained_by_others(
    one: Voice, ingest: Voice, region: Region, papers: dict[str, Papers]
) -> None:
    with Voice(region.broker_port, papers[OTHER]) as other:
        said = other.say(f"vigie/1/{OTHER}/presence", b"kept", retain=True)
    assert said == "No matching subscribers"  # taken, and nobody is there to hear
    one.subscribe(f"vigie/1/{OTHER}/presence")
    one.subscribe(f"vigie/1/{ONE}/ack")
    ingest.say(f"vigie/1/{ONE}/ack", b"after")
    one.wait_for(f"vigie/1/{ONE}/ack", b"after")
    assert all(topic.startswith(f"vigie/1/{ONE}/") for topic, _ in one.heard)


def test_another_client_id_does_not_take_a_session_over(
    region: Region, papers: dict[str, Papers], ingest: Voice
) -> None:
    topic = f"vigie/1/{OTHER}/ack"
    with Voice(region.broker_port, papers[OTHER]) as other:
        other.subscribe(topic)
        with Voice(region.broker_port, papers[ONE], client_id=OTHER) as claims:
            claims.subscribe(topic)
            ingest.say(topic, b"for the other")
            other.wait_for(topic, b"for the other")
            assert claims.say(f"vigie/1/{OTHER}/report") == "Not authorized"
            assert not claims.heard
        assert not other.is_ended


@pytest.mark.parametrize("channel", ["presence", "inventory", "report", "outcome", "command"])
def test_ingest_may_only_acknowledge(ingest: Voice, channel: str) -> None:
    assert ingest.say(f"vigie/1/{ONE}/{channel}") == "Not authorized"


@pytest.mark.parametrize("channel", ["presence", "inventory", "report", "outcome", "ack"])
def test_the_worker_may_only_command(worker: Voice, channel: str) -> None:
    assert worker.say(f"vigie/1/{ONE}/{channel}") == "Not authorized"


def test_the_worker_hears_nothing_of_the_fleet(one: Voice, worker: Voice, ingest: Voice) -> None:
    worker.subscribe("#")
    ingest.subscribe(f"vigie/1/{ONE}/report")
    one.say(f"vigie/1/{ONE}/report", b"to ingest")
    ingest.wait_for(f"vigie/1/{ONE}/report", b"to ingest")
    assert not worker.heard


def test_without_a_certificate_nobody_gets_in(region: Region) -> None:
    naked = ssl.create_default_context(cafile=str(region.pki / "ca.pem"))
    with pytest.raises(ssl.SSLError, match="certificate required"):
        _be_refused(region, naked)


def test_tls_1_2_is_refused(region: Region, papers: dict[str, Papers]) -> None:
    old = context(papers[ONE])
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="protocol version"):
        _be_refused(region, old)


def test_a_certificate_in_force_gets_in(region: Region, papers: dict[str, Papers]) -> None:
    with _line(region, context(papers[ONE])) as line:
        line.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03abc")  # CONNECT
        assert line.recv(64)[0] == 0x20  # CONNACK


def test_an_expired_certificate_is_refused(region: Region, tmp_path: Path) -> None:
    ended = _forge(region, tmp_path, life=timedelta(days=-1))
    with pytest.raises(ssl.SSLError, match="certificate expired"):
        _be_refused(region, context(ended))


def test_a_servers_certificate_is_no_clients(region: Region) -> None:
    with pytest.raises(ssl.SSLError, match="unsupported certificate"):
        _be_refused(region, context(own(region.pki, "door")))


def test_another_authoritys_certificate_is_refused(region: Region, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "pki")
    stranger.create()
    stranger.issue_client(ONE)
    theirs = own(tmp_path / "pki", ONE)
    forged = Papers(theirs.certificate, theirs.key, region.pki / "ca.pem")
    with pytest.raises(ssl.SSLError, match="unknown ca"):
        _be_refused(region, context(forged))


def test_what_waits_for_an_offline_kiosk_outlives_a_killed_broker(
    region: Region, papers: dict[str, Papers]
) -> None:
    topic = f"vigie/1/{ONE}/command"
    absent = Voice(region.broker_port, papers[ONE], keeps_session=True)
    absent.connect()
    absent.subscribe(topic)
    absent.close()
    with Voice(region.broker_port, own(region.pki, "vigie-worker")) as worker:
        worker.say(topic, b"when you are back")
    time.sleep(3)  # the broker saves what waits once in two seconds
    region.kill("broker")
    region.start_broker()
    back = Voice(region.broker_port, papers[ONE], keeps_session=True)
    back.connect()
    back.wait_for(topic, b"when you are back")
    back.close()


def _line(region: Region, tls: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", region.broker_port), timeout=10)
    try:
        return tls.wrap_socket(raw, server_hostname="localhost")
    except ssl.SSLError:
        raw.close()
        raise


def _be_refused(region: Region, tls: ssl.SSLContext) -> None:
    """A client under TLS 1.3 is done before it is judged: the refusal is the first thing it reads.
    What it sent meanwhile would have the refusal dropped with the connection."""
    with _line(region, tls) as line:
        line.recv(1)


def _forge(region: Region, folder: Path, life: timedelta) -> Papers:
    """A certificate by the region's own key, of our making."""
    authority = x509.load_pem_x509_certificate((region.pki / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((region.pki / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ONE)]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + life)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    made = Papers(folder / "forged.pem", folder / "forged.key", region.pki / "ca.pem")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made
