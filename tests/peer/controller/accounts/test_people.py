"""`vigie user` as an administrator types it, and the API with what it made."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.peer.region import Region

PASSWORD = "vaste-plateau-42"


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as made:
        yield made


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return str(path)


def test_a_user_is_made_changed_and_shut_out(region: Region, password_file: str) -> None:
    added = region.vigie("user", "add", "marie", "--role", "technician")
    assert re.search(r"password \(shown once\): \S{16}", added)
    region.vigie("user", "add", "anne", "--role", "administrator", "--password-file", password_file)
    region.vigie("user", "role", "marie", "viewer")
    region.vigie("user", "disable", "marie")
    listed = region.vigie("user", "list").splitlines()
    assert [line.split()[:3] for line in listed] == [
        ["anne", "administrator", "active"],
        ["marie", "viewer", "disabled"],
    ]


def test_a_password_is_reset_by_a_link_and_sessions_are_ended(
    region: Region, password_file: str
) -> None:
    region.vigie("user", "add", "marie", "--role", "viewer", "--password-file", password_file)
    assert "0 session(s) ended" in region.vigie("user", "end-sessions", "marie")
    link = region.vigie("user", "reset-password", "marie").splitlines()[0]
    assert link.startswith(f"{region.pages}/password/")
    assert "no second factor" in region.vigie("user", "reset-second-factor", "marie", code=1)
    region.start_web()
    with httpx.Client(follow_redirects=True) as client:
        page = client.get(link)
        assert (page.status_code, 'name="new_password1"' in page.text) == (200, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "marie", "--role", "king"), 2, "invalid choice: 'king'"),
        (("password", "nobody"), 1, "no user 'nobody'"),
        (("add", "a b", "--role", "viewer"), 1, "user name is 'a b'"),
        (("token", "nobody", "--name", "x", "--valid-for", "soon"), 2, "duration is 'soon'"),
        (("add", "marie", "--role", "viewer", "--password-file", "/nowhere"), 1, "/nowhere"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    region: Region, arguments: tuple[str, ...], code: int, said: str
) -> None:
    answer = region.vigie("user", *arguments, code=code)
    assert said in answer
    assert "Traceback" not in answer


def test_a_token_opens_the_api_until_it_is_revoked(region: Region, password_file: str) -> None:
    region.vigie("user", "add", "marie", "--role", "technician", "--password-file", password_file)
    made = region.vigie("user", "token", "marie", "--name", "export", "--valid-for", "90d")
    token = made.splitlines()[0]
    region.plant("pvp-63003-1")
    region.start_web()
    with httpx.Client(
        base_url=region.pages, headers={"Authorization": f"Bearer {token}"}
    ) as client:
        listed = client.get("/api/kiosks").json()
        assert [item["id"] for item in listed["items"]] == ["pvp-63003-1"]
        ordered = client.post("/api/kiosks/pvp-63003-1/commands", json={"name": "ping"})
        assert (ordered.status_code, ordered.json()["by"]) == (202, "marie")
        region.vigie("user", "token", "marie", "--name", "export", "--revoke")
        assert client.get("/api/kiosks").status_code == 401
