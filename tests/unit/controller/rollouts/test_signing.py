"""Who may sign a release."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from controller.errors import Refused
from controller.rollouts import signing


def test_the_name_of_the_key_that_signed_is_found_among_those_trusted(tmp_path: Path) -> None:
    other, ours = signing.make(tmp_path / "other.key"), signing.make(tmp_path / "ours.key")
    signature = signing.sign(b"what is signed", signing.load(tmp_path / "ours.key"))
    trusted = {"a-other": other, "ours": ours}
    assert signing.signer(b"what is signed", signature, trusted) == "ours"
    with pytest.raises(Refused, match=r"by none of the trusted keys \(a-other\)"):
        signing.signer(b"what is signed", signature, {"a-other": other})
    with pytest.raises(Refused, match="by none of the trusted keys"):
        signing.signer(b"what is Signed", signature, trusted)


def test_a_signature_that_is_none_and_no_key_at_all_are_refused(tmp_path: Path) -> None:
    ours = signing.make(tmp_path / "ours.key")
    with pytest.raises(Refused, match="not base64"):
        signing.signer(b"x", b"\xff\x00", {"ours": ours})
    with pytest.raises(Refused, match="by none"):
        signing.signer(b"x", b"AAAA", {"ours": ours})
    with pytest.raises(Refused, match="vigie release trust"):
        signing.signer(b"x", b"AAAA", {})


def test_a_private_key_is_for_its_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "region.key"
    signing.make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(Refused, match="never replaced"):
        signing.make(path)
    assert path.read_bytes() == before


def test_keys_of_another_kind_are_refused_by_their_kind(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path / "rsa.key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(Refused, match="must be an Ed25519 key"):
        signing.load(path)
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(Refused, match=r"release key rsa is a .*RSA.*, must be an Ed25519 key"):
        signing.trust(tmp_path, "rsa", pem.decode())


def test_a_name_is_trusted_with_one_key_until_it_is_distrusted(tmp_path: Path) -> None:
    first, second = signing.make(tmp_path / "1.key"), signing.make(tmp_path / "2.key")
    keys = tmp_path / "keys"
    signing.trust(keys, "region", first)
    signing.trust(keys, "region", first)
    with pytest.raises(Refused, match="is another key"):
        signing.trust(keys, "region", second)
    signing.distrust(keys, "region")
    signing.trust(keys, "region", second)
    assert (keys / "region.pub").read_text() == second
    with pytest.raises(Refused, match=r"key name is '\.\./up'"):
        signing.trust(keys, "../up", first)
    with pytest.raises(Refused, match="is not trusted here"):
        signing.distrust(keys, "nobody")
