"""Letters as they come out of planning, and the receiving ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.notify.letters import Letter, Subject
from tests.peer.authority import Authority
from tests.peer.controller.notify.alertmanager import Alertmanager, is_installed
from tests.peer.controller.notify.receiver import Receiver
from tests.peer.controller.notify.smtp import SmtpServer

PAGES = "https://vigie.example.org/alerts"


def subject(number: int = 1, ended_at: datetime | None = None) -> Subject:
    return Subject(
        id=number, rule="printer-failed", title="Imprimante en panne", severity="critical",
        place="Mairie d'Ambert", kiosk="pvp-63003-1", department="63", device="printer",
        began_at=datetime.now(UTC) - timedelta(minutes=1), ended_at=ended_at,
        url=f"{PAGES}/{number}", summary="Devices: printer",
    )  # fmt: skip


def letter(kind: str = "fired", address: str = "", *subjects: Subject) -> Letter:
    about = subjects or (subject(),)
    text = "Ouvrez le capot.\n\n" + "\n".join(one.url for one in about)
    title = "[Critique] Imprimante en panne, Mairie d'Ambert"
    return Letter(f"{kind}.7.0123abcd", kind, title, text, address, datetime.now(UTC), about)


@pytest.fixture
def mail(authority: Authority) -> Iterator[SmtpServer]:
    with SmtpServer(authority) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    if not is_installed():
        pytest.skip("prometheus-alertmanager is not installed")
    with Alertmanager(tmp_path / "alertmanager") as server:
        yield server
