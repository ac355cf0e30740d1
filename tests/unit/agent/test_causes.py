"""What a technician is told when there is no connection."""

import ssl
from datetime import UTC, datetime

import pytest

from agent.backoff import CAP_S, Backoff
from agent.causes import explain, explain_refusal, explain_text


def rejected(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "unable to verify"
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "refuses connections"),
        (TimeoutError("timed out"), "does not answer: check the line"),
        (OSError(101, "Network is unreachable"), "cannot be reached: Network is unreachable"),
        (rejected(9), "is not yet valid: is this kiosk's clock right?"),
        (rejected(10), "has expired: renew it, unless this kiosk's clock is wrong"),
        (rejected(19), "is not signed by our authority: check broker.ca"),
        (rejected(62), "is not for broker.example: check broker.host"),
        (FileNotFoundError(2, "No such file", "/etc/vigie/ca.pem"), "/etc/vigie/ca.pem is unread"),
    ],
)
def test_a_failure_is_explained_with_its_remedy(error: Exception, said: str) -> None:
    assert said in explain(error, "broker.example", 8883)


def test_a_wrong_clock_is_shown() -> None:
    assert f"It says {datetime.now(UTC):%Y-%m-%d}" in explain(rejected(9), "broker.example", 8883)


def test_an_alert_of_the_broker_about_our_certificate_is_understood() -> None:
    text = "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:2580)"
    said = explain_text(text)
    assert said is not None
    assert "has expired: enrol again" in said


def test_an_unknown_error_is_not_guessed_at() -> None:
    assert explain_text("connection reset by peer") is None


def test_a_clone_is_suspected_when_somebody_else_takes_our_session() -> None:
    assert "is its disk a clone?" in explain_refusal("Session taken over")


def test_waits_grow_to_a_cap_and_are_never_regular() -> None:
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(40)]
    assert 0.5 <= waits[0] <= 1
    assert all(CAP_S / 2 <= wait <= CAP_S for wait in waits[6:])
    assert len(set(waits)) == len(waits)


def test_a_connection_that_held_begins_the_waits_anew() -> None:
    backoff = Backoff()
    for _ in range(10):
        backoff.next_s()
    backoff.held(5)
    assert backoff.attempts == 10
    backoff.held(60)
    assert backoff.attempts == 0
