"""Logins by OpenID Connect, through the real application and a certified provider."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.peer.controller.accounts.oidc import Person, Provider, changed
from tests.peer.region import Region

_SHOW = """
import sys, django
django.setup()
from controller.accounts.models import AuditEntry
for entry in AuditEntry.objects.order_by("id"):
    print(entry.action, entry.subject, entry.actor, entry.details)
"""

Come = Callable[[str], Person]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    made = Provider(tmp_path_factory.mktemp("provider"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def region(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    folder = tmp_path_factory.mktemp("region")
    toml = f"""
[oidc]
issuer = "{provider.issuer}"
title = "Compte régional"
client_id = "vigie"
client_secret_file = "{provider.secret_file}"
scopes = "openid profile email groups"
viewers = ["vigie-lecture"]
technicians = ["vigie-techniciens"]
administrators = ["vigie-administration"]
domains = ["example.org"]
[login]
second_factor = "all"
"""
    with Region(folder, toml) as made:
        made.vigie("user", "add", "locale", "--role", "viewer")
        made.start_web()
        provider.start(made.pages)
        yield made


@pytest.fixture
def come(region: Region) -> Iterator[Come]:
    people: list[Person] = []

    def enter(subject: str) -> Person:
        people.append(Person(region.pages, subject))
        return people[-1]

    yield enter
    for person in people:
        person.close()


def known(provider: Provider, subject: str, *groups: str, **other: object) -> None:
    claims = {
        "preferred_username": subject,
        "email": f"{subject}@example.org",
        "email_verified": True,
        "groups": list(groups),
    }
    provider.know(subject, **{**claims, **other})


def listed(region: Region, name: str) -> list[str]:
    lines = [line.split() for line in region.vigie("user", "list").splitlines()]
    return next((line[:3] for line in lines if line[0] == name), [])


def test_the_login_page_offers_the_provider(region: Region, come: Come) -> None:
    page = come("marie").browser.get(f"{region.pages}/login")
    assert 'href="/login/oidc"' in page.text
    assert "Compte régional" in page.text


def test_who_has_a_group_is_let_in_with_its_role_to_the_page_that_was_asked_for(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "marie", "choir", "vigie-techniciens")
    person = come("marie")
    response = person.enter("/account")
    assert (response.status_code, response.headers["Location"]) == (302, "/account")
    page = person.browser.get(f"{region.pages}/account")
    assert page.status_code == 200  # no second factor is asked for: that is the provider's
    assert "marie" in page.text
    assert listed(region, "marie") == ["marie", "technician", "active"]
    audit = region.python(_SHOW)
    assert "user.create marie oidc:127.0.0.1 {'role': 'technician'}" in audit
    assert "login marie marie {'way': 'oidc'" in audit or "'way': 'oidc'" in audit


def test_the_request_has_state_nonce_and_a_pkce_challenge(region: Region, come: Come) -> None:
    query = parse_qs(urlsplit(come("marie").leave()).query)
    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= query.keys()


def test_the_role_follows_the_groups_at_each_login(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "paul", "vigie-lecture")
    come("paul").enter()
    assert listed(region, "paul")[1] == "viewer"
    known(provider, "paul", "vigie-administration")
    come("paul").enter()
    assert listed(region, "paul")[1] == "administrator"


def test_who_lost_his_groups_loses_his_open_sessions_too(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "luc", "vigie-lecture")
    before = come("luc")
    before.enter()
    assert before.browser.get(f"{region.pages}/account").status_code == 200
    known(provider, "luc", "choir")
    refused = come("luc").enter()
    assert refused.status_code == 403
    assert before.browser.get(f"{region.pages}/account").status_code == 302


@pytest.mark.parametrize(
    ("subject", "other", "said"),
    [
        ("nogroup", {}, "aucun de vos groupes|no group of yours"),
        (
            "stranger",
            {"groups": ["vigie-lecture"], "email": "x@example.com"},
            "adresse|address",
        ),
        (
            "unverified",
            {"groups": ["vigie-lecture"], "email_verified": False},
            "adresse|address",
        ),
        (
            "other-subject",
            {"groups": ["vigie-lecture"], "preferred_username": "locale"},
            "nom|name",
        ),
    ],
)
def test_who_is_not_let_in_is_told_why_on_a_plain_page(
    region: Region,
    provider: Provider,
    come: Come,
    subject: str,
    other: dict[str, object],
    said: str,
) -> None:
    known(provider, subject, **other)
    person = come(subject)
    response = person.enter()
    assert response.status_code == 403
    assert any(words in response.text for words in said.split("|"))
    assert person.browser.get(f"{region.pages}/account").status_code == 302
    assert listed(region, subject) == []


def test_another_nonce_is_refused(region: Region, provider: Provider, come: Come) -> None:
    known(provider, "marie", "vigie-techniciens")
    person = come("marie")
    back = person.agree(changed(person.leave(), nonce="of-somebody-else"))
    assert person.browser.get(back).status_code == 403
    assert "its nonce is not the one" in region.log("web")


def test_another_state_is_refused(provider: Provider, come: Come) -> None:
    known(provider, "marie", "vigie-techniciens")
    person = come("marie")
    back = person.agree(person.leave())
    assert person.browser.get(changed(back, state="of-somebody-else")).status_code == 403


def test_the_way_back_works_once_and_in_the_browser_that_left(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "marie", "vigie-techniciens")
    person, thief = come("marie"), come("marie")
    back = person.agree(person.leave())
    assert thief.browser.get(back).status_code == 403
    assert person.browser.get(back).status_code == 302
    assert person.browser.get(back).status_code == 403


def test_a_code_without_the_verifier_of_its_challenge_is_refused(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "marie", "vigie-techniciens")
    person = come("marie")
    other = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
    back = person.agree(changed(person.leave(), code_challenge=other))
    assert person.browser.get(back).status_code == 403


def test_the_session_gets_a_new_key_at_the_login(provider: Provider, come: Come) -> None:
    known(provider, "marie", "vigie-techniciens")
    person = come("marie")
    back = person.agree(person.leave())
    before = person.browser.cookies["sessionid"]
    person.browser.get(back)
    assert person.browser.cookies["sessionid"] != before


def test_logging_out_goes_on_at_the_provider(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "marie", "vigie-techniciens")
    person = come("marie")
    person.enter()
    page = person.browser.get(f"{region.pages}/account")
    assert f"form-action 'self' {provider.issuer};" in page.headers["Content-Security-Policy"]
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    out = person.browser.post(f"{region.pages}/logout", data={"csrfmiddlewaretoken": token})
    address = urlsplit(out.headers["Location"])
    assert f"{address.scheme}://{address.netloc}" == provider.issuer
    assert parse_qs(address.query)["post_logout_redirect_uri"] == [f"{region.pages}/login"]
    asked = person.browser.get(out.headers["Location"])
    assert asked.status_code == 200, asked.text  # the provider asks whether to log out there too
    assert person.browser.get(f"{region.pages}/account").status_code == 302


def test_a_new_key_of_the_provider_is_learnt_when_it_is_first_used(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "marie", "vigie-techniciens")
    assert come("marie").enter().status_code == 302
    provider.stop()
    provider.start(region.pages, key_id="second")
    assert come("marie").enter().status_code == 302


def test_an_id_token_that_is_too_old_is_refused(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "marie", "vigie-techniciens")
    provider.stop()
    provider.start(region.pages, key_id="third", id_token_lasts_s=-120)
    assert come("marie").enter().status_code == 403
    assert "Signature has expired" in region.log("web")
    provider.stop()
    provider.start(region.pages, key_id="fourth")
    assert come("marie").enter().status_code == 302


def test_a_provider_that_does_not_answer_is_said_plainly(
    region: Region, provider: Provider, come: Come
) -> None:
    known(provider, "marie", "vigie-techniciens")
    person = come("marie")
    back = person.agree(person.leave())
    provider.stop()
    response = person.browser.get(back)
    provider.start(region.pages, key_id="fifth")
    assert response.status_code in (403, 502)
    assert "Traceback" not in region.log("web")
