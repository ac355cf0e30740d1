"""What of a release counts on a kiosk: what a trusted key has signed, byte for byte."""

from pathlib import Path

import pytest

from agent import releases
from agent.releases import ReleaseError
from tests.signed import Maker


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    made = Maker(tmp_path / "releases", tmp_path / "keys")
    made.lay("r1", {"hooks/v1/one/one": b"#!/bin/sh\n", "firmware/index.toml": b""})
    return made


def test_a_signed_release_gives_the_files_that_it_lists(maker: Maker) -> None:
    release = releases.verified(maker.releases / "r1", maker.keys)
    assert release.name == "r1"
    assert release.proven("hooks/v1/one/one").read_bytes() == b"#!/bin/sh\n"


def test_a_file_that_was_altered_is_refused_by_its_name(maker: Maker) -> None:
    release = releases.verified(maker.releases / "r1", maker.keys)
    (maker.releases / "r1/hooks/v1/one/one").write_bytes(b"#!/bin/sh\nrm -rf /\n")
    with pytest.raises(ReleaseError, match=r"hooks/v1/one/one is not what was signed"):
        release.proven("hooks/v1/one/one")


def test_a_file_that_the_manifest_does_not_list_is_refused(maker: Maker) -> None:
    release = releases.verified(maker.releases / "r1", maker.keys)
    (maker.releases / "r1/hooks/v1/one/two").write_bytes(b"#!/bin/sh\n")
    with pytest.raises(ReleaseError, match="two is not in the manifest of release r1"):
        release.proven("hooks/v1/one/two")


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig"])
def test_a_manifest_or_signature_that_was_altered_makes_the_release_worth_nothing(
    maker: Maker, name: str
) -> None:
    path = maker.releases / "r1" / name
    text = path.read_bytes()
    path.write_bytes(text.replace(text[10:11], b"A" if text[10:11] != b"A" else b"B", 1))
    with pytest.raises(ReleaseError):
        releases.verified(maker.releases / "r1", maker.keys)


def test_a_release_signed_by_nobody_known_here_is_refused(maker: Maker, tmp_path: Path) -> None:
    stranger = Maker(maker.releases, tmp_path / "other-keys")
    stranger.lay("r2", {})
    with pytest.raises(ReleaseError, match="signed by none of lab"):
        releases.verified(maker.releases / "r2", maker.keys)


def test_without_a_key_no_release_is_believed(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="there is no key in"):
        releases.verified(maker.releases / "r1", tmp_path / "none")


def test_a_release_laid_under_another_name_is_refused(maker: Maker) -> None:
    (maker.releases / "r1").rename(maker.releases / "r9")
    with pytest.raises(ReleaseError, match="must be of 'r9'"):
        releases.verified(maker.releases / "r9", maker.keys)


def test_the_newest_signed_release_is_the_one_that_counts(maker: Maker, tmp_path: Path) -> None:
    maker.lay("r2", {})
    Maker(maker.releases, tmp_path / "other-keys").lay("r3", {})
    found = releases.newest(maker.releases, maker.keys)
    assert found is not None
    assert found.name == "r2"
