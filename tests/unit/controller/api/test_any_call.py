"""Whatever is sent to any call: an answer that is described, and never a failure of ours.

Schemathesis makes the calls up from the description, always the same ones. All that a call does is
undone after its examples.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import (
    CoveragePhaseConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from controller.accounts.roles import Role
from controller.accounts.tokens import make_token
from controller.alerts.services import ensure_builtin
from controller.api.limits import Limits, Rate
from controller.api.urls import api
from tests import fleets
from tests.people import caller

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
BOUNDED = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

#: A method that a call does not have is answered alike everywhere: no need to try each.
COVERAGE = CoveragePhaseConfig(unexpected_methods=set())
ALWAYS_THE_SAME = SchemathesisConfig(
    seed=1,
    projects=ProjectsConfig(default=ProjectConfig(phases=PhasesConfig(coverage=COVERAGE))),
)

schema = schemathesis.openapi.from_wsgi(
    "/api/openapi.json", get_wsgi_application(), config=ALWAYS_THE_SAME
)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own test client: the end of a request does not close the test's connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def secret(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token that may do all there is, with something there to do it to."""
    monkeypatch.setattr(api, "_limits", Limits(Rate(burst=10**6, per_minute=10**6)))
    fleets.status(fleets.kiosk("pvp-1"), timezone.now())
    ensure_builtin()
    return make_token(
        user=caller(Role.ADMINISTRATOR), label="all", lifetime=timedelta(days=1), by="cli:root"
    )


@schema.parametrize()
@BOUNDED
def test_any_call_with_a_token_is_answered_as_described(
    secret: str, case: schemathesis.Case
) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    case.call_and_validate(headers=headers, checks=CHECKS)


@schema.parametrize()
@settings(BOUNDED, max_examples=2, phases=(Phase.generate,))
def test_any_call_without_a_token_is_shut_out(secret: str, case: schemathesis.Case) -> None:
    case.headers.pop("Authorization", None)  # made up as the rest
    case.cookies.clear()
    assert case.call().status_code in (401, 422)  # a NUL is not even looked at
