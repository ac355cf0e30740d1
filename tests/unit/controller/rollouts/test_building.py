"""A release put together: what is in it, and that nothing else can be."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.errors import Refused
from controller.rollouts import building, manifest, signing
from controller.rollouts.manifest import MANIFEST, Manifest

NOW = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """States and hooks, with what editors leave behind."""
    for path, content in {
        "states/top.sls": "base: {}\n",
        "states/agent/init.sls": "{}\n",
        "states/__pycache__/x.pyc": "litter",
        "hooks/v1/fwupd": "#!/bin/sh\n",
    }.items():
        target = tmp_path / "source" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    (tmp_path / "source/hooks/v1/fwupd").chmod(0o755)
    return tmp_path / "source"


@pytest.fixture
def built(tmp_path: Path, source: Path) -> Path:
    signing.make(tmp_path / "key")
    make(tmp_path, source)
    return tmp_path / "out"


def make(tmp_path: Path, source: Path, name: str = "2026.12") -> Manifest:
    package = tmp_path / "vigie-agent-1.2.0.tar.gz"
    package.write_bytes(b"not really")
    parts = {"states": source / "states", "hooks": source / "hooks"}
    return building.build(
        name, tmp_path / "out", parts=parts, agent=("1.2.0", package),
        key=signing.load(tmp_path / "key"), now=NOW,
    )  # fmt: skip


def test_a_release_holds_its_parts_and_a_manifest_of_them(built: Path) -> None:
    found = manifest.decode((built / MANIFEST).read_bytes())
    assert sorted(found.files) == [
        "files/hooks/v1/fwupd",
        "files/packages/vigie-agent-1.2.0.tar.gz",
        "states/agent/init.sls",
        "states/top.sls",
    ]
    assert building.summary(found)["agent"] == "1.2.0"
    assert os.access(built / "files/hooks/v1/fwupd", os.X_OK)
    manifest.compare(found, built)


def test_a_manifest_read_and_written_again_has_the_same_bytes(built: Path) -> None:
    raw = (built / MANIFEST).read_bytes()
    assert manifest.encode(manifest.decode(raw)) == raw


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda out: (out / "states/top.sls").write_text("base: []\n"), "top.sls has sha256"),
        (lambda out: (out / "states/top.sls").unlink(), "top.sls is missing"),
        (lambda out: (out / "states/more.sls").write_text("{}"), "more.sls is not in"),
        (lambda out: (out / "more").write_text("{}"), "must lie under states/ or files/"),
        (
            lambda out: (out / "states/link").symlink_to("/etc/passwd"),
            "neither a file nor a folder",
        ),
        (lambda out: os.mkfifo(out / "states/pipe"), "neither a file nor a folder"),
    ],
)
def test_what_is_not_as_it_was_signed_is_named(
    built: Path, harm: Callable[[Path], object], said: str
) -> None:
    found = manifest.decode((built / MANIFEST).read_bytes())
    harm(built)
    with pytest.raises(Refused, match=said):
        manifest.compare(found, built)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'"format": 1', b'"format": 2', "format 2, must be 1"),
        (b'"states/top.sls"', b'"states/../../etc/passwd"', "must lie under"),
        (b'"states/top.sls"', b'"/etc/passwd"', "must lie under"),
        (b'"name": "2026.12"', b'"name": "base"', "not be 'base'"),
        (b'"name": "2026.12"', b'"name": "../x"', "release name is '../x'"),
        (b'files/packages/vigie-agent-1.2.0.tar.gz"', b'files/none"', "none of its files"),
        (b"{", b"", "cannot be read"),
    ],
)
def test_a_manifest_that_says_what_cannot_be_is_refused(
    built: Path, before: bytes, after: bytes, said: str
) -> None:
    raw = (built / MANIFEST).read_bytes()
    assert before in raw
    with pytest.raises(Refused, match=said):
        manifest.decode(raw.replace(before, after, 1))


def test_nothing_is_left_of_a_release_that_could_not_be_built(tmp_path: Path, source: Path) -> None:
    signing.make(tmp_path / "key")
    (source / "states/link").symlink_to("top.sls")
    with pytest.raises(Refused, match="neither a file nor a folder"):
        make(tmp_path, source)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_a_folder_that_is_there_is_not_overwritten(
    tmp_path: Path, built: Path, source: Path
) -> None:
    before = (built / MANIFEST).read_bytes()
    with pytest.raises(Refused, match="never changed"):
        make(tmp_path, source, name="2026.13")
    assert (built / MANIFEST).read_bytes() == before
