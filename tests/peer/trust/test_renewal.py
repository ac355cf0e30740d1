"""A kiosk's next certificate: real agent, real door, real broker, and kills at any moment."""

import hashlib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from msgspec.structs import replace

from agent import renewal
from agent.config import Acts, Broker, Config
from agent.errors import EnrolError
from agent.foresight import Foresight
from agent.knock import knock
from agent.renewal import NEXT, OLD, Pair, Ports
from tests.agents import FakeClock
from tests.errands import Floor
from tests.peer.authority import Authority
from tests.peer.mqtt import Voice
from tests.peer.region import Papers, Region, make_request, wait_until

END = """
import sys, django
django.setup()
from datetime import timedelta
from django.utils import timezone
from controller.enrolment import renewal
print(renewal.end_replaced(timezone.now() + timedelta(hours=2)))
"""
AUDIT = """
import sys, django
django.setup()
from controller.accounts.models import AuditEntry
print(" ".join(AuditEntry.objects.filter(subject=sys.argv[1], action__startswith="enrolment.")
    .order_by("id").values_list("action", flat=True)))
"""


class Kiosk:
    """The papers of one, and a renewal of them; what the agent would do is counted."""

    def __init__(self, region: Region, name: str, folder: Path) -> None:
        papers = region.enrol(name)[name]
        self.pair = Pair(papers.certificate, papers.key)
        self.reconnects, self.is_reached = 0, True
        broker = Broker("localhost", papers.ca, *self.pair, port=region.broker_port)
        self.config = replace(
            Config(name, broker), state_dir=folder, acts=Acts(controller=region.door)
        )
        self.region, self.papers, self.steps = region, papers, list[str]()

    @property
    def digest(self) -> str:
        """Of the certificate in use."""
        return hashlib.sha256(self.pair.certificate.read_bytes()).hexdigest()

    def renew(self, last_step: str = "") -> None:
        """All of it, or until it is killed at a step."""

        def step(_percent: int, text: str) -> None:
            self.steps.append(text)
            if text == last_step:
                raise KeyboardInterrupt

        def reconnect() -> None:
            self.reconnects += 1

        renewal.renew(self.config, Ports(reconnect, lambda _: self.is_reached, step))

    def is_let_in(self) -> bool:
        """Whether the broker takes the pair in use."""
        try:
            with Voice(self.region.broker_port, self.papers, client_id=self.config.kiosk):
                return True
        except (OSError, AssertionError):
            return False


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with Region(tmp_path_factory.mktemp("region")) as made:
        made.start_broker()
        made.start_web()
        yield made


@pytest.fixture
def kiosk(region: Region, tmp_path: Path, request: pytest.FixtureRequest) -> Kiosk:
    name = f"pvp-{hashlib.sha256(request.node.name.encode()).hexdigest()[:10]}-1"
    return Kiosk(region, name, tmp_path)


def subject(path: Path) -> str:
    return x509.load_pem_x509_certificate(path.read_bytes()).subject.rfc4514_string()


def test_the_new_pair_is_let_in_and_the_old_one_ends_after_a_grace(kiosk: Kiosk) -> None:
    old = Papers(*(kiosk.pair.beside(".copy")), kiosk.papers.ca)
    for there, kept in zip(kiosk.pair, kiosk.pair.beside(".copy"), strict=True):
        kept.write_bytes(there.read_bytes())
    kiosk.renew()
    assert kiosk.pair.certificate.read_bytes() != old.certificate.read_bytes()
    assert kiosk.pair.key.read_bytes() != old.key.read_bytes()
    assert subject(kiosk.pair.certificate) == f"CN={kiosk.config.kiosk}"
    assert kiosk.is_let_in()
    knock(kiosk.config.broker, old.certificate, old.key)  # it may still be needed
    assert kiosk.region.python(END).strip() == "1"
    assert kiosk.is_let_in()
    with pytest.raises(EnrolError, match="the new certificate is not used"):
        knock_until_refused(kiosk.config.broker, old)


def knock_until_refused(broker: Broker, papers: Papers) -> None:
    """The broker reads its revocation list within a turn of its loop."""
    for _ in range(200):
        knock(broker, papers.certificate, papers.key)


def test_nothing_is_left_beside_and_the_audit_tells_it(kiosk: Kiosk) -> None:
    kiosk.renew()
    left = [path for suffix in (NEXT, OLD) for path in kiosk.pair.beside(suffix) if path.exists()]
    assert left == []
    told = kiosk.region.python(AUDIT, kiosk.config.kiosk).split()
    assert told[-2:] == ["enrolment.renew", "enrolment.renewed"]


@pytest.mark.parametrize(
    "step",
    [
        "asking for a certificate",
        "trying it at the broker",
        "connecting with it",
        "telling the controller",
    ],
)
def test_killed_at_any_step_it_goes_on_from_there(kiosk: Kiosk, step: str) -> None:
    before = kiosk.digest
    with pytest.raises(KeyboardInterrupt):
        kiosk.renew(last_step=step)
    assert kiosk.is_let_in()
    kiosk.renew()
    assert kiosk.digest != before
    assert kiosk.is_let_in()
    told = kiosk.region.python(AUDIT, kiosk.config.kiosk).split()
    assert told.count("enrolment.renew") == 1


def test_a_certificate_that_brings_nobody_back_is_taken_out_again(kiosk: Kiosk) -> None:
    before, kiosk.is_reached = kiosk.digest, False
    with pytest.raises(EnrolError, match="the old one is in use again"):
        kiosk.renew()
    assert (kiosk.digest, kiosk.reconnects) == (before, 2)
    assert kiosk.is_let_in()
    kiosk.is_reached = True
    kiosk.renew()
    assert kiosk.digest != before
    assert kiosk.region.python(AUDIT, kiosk.config.kiosk).split().count("enrolment.renew") == 1


def test_a_copied_machine_is_refused_and_told_of(kiosk: Kiosk) -> None:
    copies = kiosk.pair.beside(".clone")
    for there, kept in zip(kiosk.pair, copies, strict=True):
        kept.write_bytes(there.read_bytes())
    kiosk.renew()
    clone = Kiosk.__new__(Kiosk)
    clone.__dict__.update(kiosk.__dict__, pair=copies)
    clone.config = replace(
        kiosk.config, broker=replace(kiosk.config.broker, certificate=copies[0], key=copies[1])
    )
    with pytest.raises(EnrolError, match="is this machine a copy"):
        clone.renew()
    told = kiosk.region.python(AUDIT, kiosk.config.kiosk).split()
    assert told[-1] == "enrolment.clone"


def test_a_revoked_kiosk_renews_nothing(kiosk: Kiosk) -> None:
    kiosk.region.vigie("revoke", kiosk.config.kiosk, "--why", "stolen")
    with pytest.raises(EnrolError, match="was revoked on"):
        kiosk.renew()


def test_whoever_shows_no_certificate_renews_nothing(kiosk: Kiosk, tmp_path: Path) -> None:
    with kiosk.region.client("127.0.0.3") as client:
        answer = client.post("/renew", json={"csr": make_request(tmp_path / "key")})
    assert (answer.status_code, answer.json()["error"][:24]) == (403, "no certificate was shown")


def test_another_authoritys_certificate_is_not_even_heard(
    kiosk: Kiosk, region: Region, tmp_path: Path
) -> None:
    forged = Authority(tmp_path / "stranger", "Somebody else").issue(kiosk.config.kiosk)
    context = ssl.create_default_context(cafile=str(region.pki / "ca.pem"))
    context.load_cert_chain(forged.certificate, forged.key)
    with (
        httpx.Client(verify=context, timeout=30) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.post(f"{region.door}/renew", json={"csr": make_request(tmp_path / "key")})


def test_knocking_leaves_the_kiosks_own_session_alone(kiosk: Kiosk) -> None:
    with Voice(kiosk.region.broker_port, kiosk.papers, client_id=kiosk.config.kiosk) as voice:
        knock(kiosk.config.broker, *kiosk.pair)
        assert voice.say(f"vigie/1/{kiosk.config.kiosk}/report") != "Not authorized"


def test_a_kiosk_renews_by_itself_before_its_certificate_ends(kiosk: Kiosk, tmp_path: Path) -> None:
    before, late = kiosk.digest, datetime.now(UTC) + timedelta(days=396)
    floor = Floor(tmp_path, told=kiosk.config)
    Foresight(kiosk.config, FakeClock(late), lambda: floor.scene).look()
    wait_until(lambda: kiosk.digest != before, "another certificate")
    wait_until(lambda: not renewal.is_unfinished(kiosk.pair), "its proof")
    floor.close()
    assert kiosk.is_let_in()
