"""Each call of the API: who is let in, by the table in its own description."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from controller.accounts.roles import Role
from controller.accounts.scopes import Scope
from controller.accounts.tokens import make_token
from controller.api.urls import api
from tests.people import caller

CALLS = [
    pytest.param(method.upper(), path, said, id=f"{method.upper()} {path}")
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method, said in methods.items()
]
#: What a technician is for, beside reading.
TECHNICIANS = (
    "commands.run_*",
    "commands.run_fetch_logs",
    "alerts.acknowledge",
    "rollouts.propose",
)


def send(method: str, path: str, client: Client, secret: str = "") -> int:
    """Something that is never valid, so that a call that lets it in changes nothing."""
    for place in ("{command_id}", "{batch_id}", "{rollout_id}"):
        path = path.replace(place, "00000000-0000-4000-8000-000000000000")
    for place in ("{alert_id}", "{silence_id}", "{token_id}", "{version}", "{notification_id}"):
        path = path.replace(place, "987654321")
    path = path.replace("{", "no-such-").replace("}", "")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    answer = client.generic(
        method, path, data='{"no-such-field": 1}', content_type="application/json", headers=headers
    )
    return answer.status_code


def token(role: Role, *scopes: Scope) -> str:
    user = caller(role)
    return make_token(
        user=user, label="x", lifetime=timedelta(days=1), by="cli:root", scopes=scopes
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "said"), CALLS)
def test_a_call_lets_in_whom_it_names(method: str, path: str, said: dict[str, Any]) -> None:
    permission, scope = said.get("x-permission", ""), Scope(said.get("x-scope", "read"))
    everybody = Client()
    assert send(method, path, everybody) == 401
    for role, is_let_in in (
        (Role.VIEWER, not permission),
        (Role.TECHNICIAN, not permission or permission in TECHNICIANS),
        (Role.ADMINISTRATOR, True),
    ):
        code = send(method, path, everybody, token(role, scope))
        assert (code != 403) is is_let_in, (role, code)
        assert code < 500
    if scope is not Scope.READ:
        others = [each for each in Scope if each is not scope]
        assert send(method, path, everybody, token(Role.ADMINISTRATOR, *others)) == 403


@pytest.mark.parametrize(("method", "path", "said"), CALLS)
def test_a_call_that_changes_something_names_more_than_reading(
    method: str, path: str, said: dict[str, Any]
) -> None:
    assert method == "GET" or said["x-scope"] != "read"
