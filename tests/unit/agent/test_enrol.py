"""What is refused before anything is sent."""

import pytest

from agent.enrol import parse_controller, parse_token
from agent.errors import EnrolError

FINGERPRINT = "ab" * 32


def test_blanks_that_came_with_the_copy_do_not_matter() -> None:
    assert parse_token(f" vgt1.x.{FINGERPRINT}\n") == (f"vgt1.x.{FINGERPRINT}", FINGERPRINT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vgt1",
        f"vgt2.x.{FINGERPRINT}",
        f"vgt1..{FINGERPRINT}",
        f"vgt1.s3cret.{FINGERPRINT[:-1]}",
    ],
)
def test_half_a_token_is_refused_without_repeating_its_secret(text: str) -> None:
    with pytest.raises(EnrolError, match="copy it whole") as caught:
        parse_token(text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://a.example", "a.example:8443", "https://", "https://a:x"])
def test_a_controller_that_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(EnrolError, match="must be https://HOST:8443"):
        parse_controller(url)
