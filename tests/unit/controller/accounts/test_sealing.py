"""Small secrets at rest."""

import pytest

from controller.accounts.sealing import Seal
from controller.errors import VigieError

CHANNELS = Seal("one", "channels")


def test_a_secret_is_read_again_and_not_seen() -> None:
    sealed = CHANNELS.close("s3cr\u00e9t")
    assert b"s3cr" not in sealed
    assert Seal("one", "channels").open(sealed) == "s3cr\u00e9t"


@pytest.mark.parametrize("other", [Seal("another", "channels"), Seal("one", "second factors")])
def test_another_key_or_purpose_does_not_open_it_and_says_what_to_do(other: Seal) -> None:
    with pytest.raises(VigieError, match=r"secret_key .* enter the secret again"):
        other.open(CHANNELS.close("secret"))


def test_what_was_changed_since_is_not_read() -> None:
    sealed = bytearray(CHANNELS.close("secret"))
    sealed[-10] ^= 1
    with pytest.raises(VigieError, match="secret of channels cannot be opened"):
        CHANNELS.open(bytes(sealed))


def test_no_secret_is_none_afterwards() -> None:
    assert CHANNELS.open(CHANNELS.close("")) == ""
