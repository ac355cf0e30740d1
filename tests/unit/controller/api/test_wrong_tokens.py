"""Wrong API tokens: noted, bounded, and never in the way of a right one."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from controller.accounts.models import AuditEntry
from controller.accounts.throttle import TOKENS
from controller.accounts.tokens import make_token

pytestmark = pytest.mark.usefixtures("technician")


def call(secret: str) -> int:
    return Client().get("/api/summary", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_wrong_tokens_are_in_the_audit_without_what_was_sent() -> None:
    assert call("vigie_guessed") == 401
    entry = AuditEntry.objects.get(action="token.failed")
    assert entry.address == "127.0.0.1"
    assert "guessed" not in f"{entry.subject} {entry.details}"


def test_after_too_many_the_answer_is_to_wait_and_no_more_is_noted() -> None:
    codes = [call("vigie_guessed") for _ in range(TOKENS.failures + 2)]
    assert codes == [401] * TOKENS.failures + [429] * 2
    assert AuditEntry.objects.filter(action="token.failed").count() == TOKENS.failures


def test_a_right_token_never_has_to_wait() -> None:
    for _ in range(TOKENS.failures + 1):
        call("vigie_guessed")
    user = User.objects.get(username="technician")
    secret = make_token(user=user, label="export", lifetime=timedelta(days=1), by="cli:root")
    assert call(secret) == 200
