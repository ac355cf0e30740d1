"""Every page there is: its headers, and that nothing in it would run or dress itself."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import (
    IntConverter,
    SlugConverter,
    StringConverter,
    UUIDConverter,
)

from controller.accounts.roles import Role
from controller.web.middleware import policy
from tests import fleets
from tests.people import browser

pytestmark = pytest.mark.django_db
_NO_PAGES = {"live", "metrics"}  # a stream that never ends, and figures for Prometheus
_INLINE = (
    re.compile(r"<[^>]*\son\w+\s*=", re.IGNORECASE),
    re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    re.compile(r"<style", re.IGNORECASE),
    re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    re.compile(r"javascript:", re.IGNORECASE),
    re.compile(r"""(?:src|href)=["']?(?:https?:)?//""", re.IGNORECASE),
)


def addresses() -> Iterator[str]:
    """One address for each pattern that has a name, outside of the API."""
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) or pattern.name in _NO_PAGES or not pattern.name:
            continue
        yield reverse(pattern.name, kwargs=dict(arguments(pattern)))


def arguments(pattern: URLPattern) -> Iterator[tuple[str, object]]:
    for name, converter in pattern.pattern.converters.items():
        match converter:
            case IntConverter():
                yield name, 1
            case SlugConverter():
                yield name, "pvp-63003-1"
            case UUIDConverter():
                yield name, "00000000-0000-4000-8000-000000000000"
            case StringConverter():
                yield name, "administrator"


def wrong(client: Client, address: str) -> list[str]:
    """What is wrong with the answer to an address."""
    response = client.get(address)
    found = [
        f"{address}: {name} is {response.headers.get(name)!r}"
        for name, wanted in (
            ("Content-Security-Policy", policy("")),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Referrer-Policy", "same-origin"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
        )
        if response.headers.get(name) != wanted
    ]
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    text = response.content.decode() if is_page else ""
    return found + [
        f"{address}: {match[0]!r}" for rule in _INLINE if (match := rule.search(text)) is not None
    ]


def test_every_page_of_an_administrator_is_kept_to_itself() -> None:
    fleets.kiosk()
    client = browser(Role.ADMINISTRATOR)
    client.raise_request_exception = False
    asked = list(addresses())
    assert "/users/administrator" in asked
    assert [problem for address in asked for problem in wrong(client, address)] == []


def test_every_answer_to_a_stranger_is_kept_to_itself() -> None:
    assert [problem for address in addresses() for problem in wrong(Client(), address)] == []


@pytest.mark.parametrize(
    "text",
    ['<p onclick="x()">', "<b style='x'>", "<script>x()</script>", '<a href="//elsewhere">'],
)
def test_what_is_inline_or_from_elsewhere_is_found(text: str) -> None:
    assert any(rule.search(text) for rule in _INLINE)


def test_a_form_may_lead_to_the_provider_and_nowhere_else() -> None:
    assert "form-action 'self';" in policy("")
    assert "form-action 'self' https://id.example.org;" in policy("https://id.example.org/realms/a")
