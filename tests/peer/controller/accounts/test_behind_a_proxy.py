"""Where a login comes from, behind a proxy that is believed and behind one that is not."""

from pathlib import Path

import httpx
import pytest

from tests.peer.region import Region

_WHERE = """
import django
django.setup()
from controller.accounts.models import AuditEntry
print(AuditEntry.objects.get(action="login.failed").address, end="")
"""


@pytest.mark.parametrize(
    ("proxies", "address"),
    [('["127.0.0.1"]', "203.0.113.9"), ('["198.51.100.1"]', "127.0.0.1"), ("[]", "127.0.0.1")],
)
def test_only_a_proxy_of_the_settings_says_who_calls(
    tmp_path: Path, proxies: str, address: str
) -> None:
    with Region(tmp_path) as region:
        toml = region.home / "vigie.toml"
        toml.write_text(toml.read_text().replace("[web]\n", f"[web]\nproxies = {proxies}\n"))
        region.start_web()
        with httpx.Client(
            base_url=region.pages, headers={"X-Forwarded-For": "203.0.113.9"}, timeout=30
        ) as browser:
            page = browser.get("/login").text
            token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
            said = {"csrfmiddlewaretoken": token, "username": "marie", "password": "wrong"}
            assert browser.post("/login", data=said).status_code == 200
        assert region.python(_WHERE) == address
