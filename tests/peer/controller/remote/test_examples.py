"""The examples of the manuals, run as they stand against a real controller."""

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.peer.controller.remote.conftest import Desk
from tests.peer.region import ROOT, Region

_ANEW = """
import django
django.setup()
from django.utils import timezone
from controller.alerts.models import Alert
from controller.commands.models import Command
Command.objects.all().delete()
now = timezone.now()
Alert.objects.filter(pk=12).delete()
Alert.objects.create(
    pk=12, fingerprint="printer", rule="printer", severity="warning", cause="device",
    culprit="pvp-63003-1", kiosk_id="pvp-63003-1", device="printer", kind="printer",
    state="firing", since=now, fired_at=now)
"""
PLACES = (
    ("en/vigie.md", "### Examples over the network"),
    ("fr/vigie.md", "### Exemples par le réseau"),
    ("en/api.md", "## Examples"),
    ("fr/api.md", "## Exemples"),
)


def examples(manual: str, head: str) -> list[str]:
    text = (ROOT / "docs" / "user" / manual).read_text(encoding="utf-8")
    section = re.split(r"^#", text.split(f"{head}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return [line.strip() for line in section.splitlines() if line.startswith("    ")]


@pytest.fixture
def at_the_desk(desk: Desk, region: Region) -> Iterator[Desk]:
    region.python(_ANEW)
    for name in ("token.txt", "jeton.txt"):
        (desk.home / name).write_text(desk.token)
    yield desk
    shutil.rmtree(desk.home / ".config", ignore_errors=True)


@pytest.mark.parametrize(("manual", "head"), PLACES)
def test_every_example_of_the_manual_works(at_the_desk: Desk, manual: str, head: str) -> None:
    lines = examples(manual, head)
    assert len(lines) >= 5
    if any(line.startswith("curl") for line in lines) and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    for line in lines:
        said = at_the_desk.bash(line.replace("https://vigie.example.org", at_the_desk.url))
        assert said.code == 0, f"{line}: {said.err}"
        assert said.out or "audit.csv" in line, line
