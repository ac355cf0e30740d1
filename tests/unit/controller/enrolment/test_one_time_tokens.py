"""What a technician carries to a kiosk."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.enrolment import tokens
from controller.errors import EnrolmentError

FINGERPRINT = "0123456789abcdef" * 4


def test_a_token_is_read_as_it_was_made() -> None:
    made = tokens.make(FINGERPRINT)
    assert tokens.parse(str(made)) == made


def test_blanks_around_a_copied_token_do_not_matter() -> None:
    made = tokens.make(FINGERPRINT)
    assert tokens.parse(f"  {made}\r\n") == made


def test_no_two_tokens_are_alike() -> None:
    assert len({tokens.make(FINGERPRINT).secret for _ in range(100)}) == 100


def test_what_is_stored_is_the_secrets_sha_256() -> None:
    made = tokens.make(FINGERPRINT)
    assert made.digest == hashlib.sha256(made.secret.encode()).hexdigest()


def test_a_token_in_a_log_does_not_show_its_secret() -> None:
    made = tokens.make(FINGERPRINT)
    assert made.secret not in repr(made)


@given(st.text(max_size=200))
def test_anything_else_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(EnrolmentError) as refused:
        tokens.parse(f"vgt1.{text}?")
    assert str(refused.value) == (
        f"the token has {len(text) + 6} characters and is not of the form"
        " vgt1.<secret>.<fingerprint>: copy it whole"
    )
