"""Releases made, trusted and taken in by the command line, on a real home."""

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.region import ROOT, Region


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path / "home") as made:
        yield made


@pytest.fixture
def built(tmp_path: Path, region: Region) -> Path:
    """A release signed by a key that the region trusts."""
    (tmp_path / "states").mkdir()
    (tmp_path / "states/top.sls").write_text("{{ saltenv }}: {}\n")
    return build(tmp_path, region, "2026.12")


def build(folder: Path, region: Region, name: str) -> Path:
    key, out = folder / "region.key", folder / name
    if not key.exists():
        (folder / "region.pub").write_text(region.vigie("release", "keygen", str(key)))
        region.vigie("release", "trust", "region", str(folder / "region.pub"))
    states = ("--states", str(folder / "states"))
    region.vigie("release", "build", name, "--out", str(out), "--key", str(key), *states)
    return out


def environment(region: Region, name: str) -> Path:
    return region.home / "salt" / "releases" / name


def test_a_release_that_was_signed_becomes_an_environment_that_nobody_writes_to(
    region: Region, built: Path
) -> None:
    said = region.vigie("release", "check", str(built))
    assert said.startswith("release 2026.12, signed by region: 1 files")
    region.vigie("release", "import", str(built), "--why", "the first")
    there = environment(region, "2026.12")
    assert (there / "states/top.sls").read_text() == "{{ saltenv }}: {}\n"
    assert (there / "states/top.sls").stat().st_mode & 0o222 == 0
    assert "2026.12" in region.vigie("release", "list")
    assert "release.import" in region.vigie("audit", "export")


def test_an_archive_of_it_is_as_good(tmp_path: Path, region: Region, built: Path) -> None:
    with tarfile.open(tmp_path / "r.tar.gz", "w:gz") as archive:
        archive.add(built, arcname="2026.12")
    region.vigie("release", "import", str(tmp_path / "r.tar.gz"))
    assert (environment(region, "2026.12") / "files/manifest.sig").exists()


@pytest.mark.parametrize("name", ["../../escaped", "/etc/vigie-escaped"])
def test_an_archive_that_leads_out_of_itself_is_refused(
    tmp_path: Path, region: Region, built: Path, name: str
) -> None:
    with tarfile.open(tmp_path / "r.tar", "w") as archive:
        archive.add(built, arcname="2026.12")
        member = tarfile.TarInfo(name)
        member.size = 2
        archive.addfile(member, io.BytesIO(b"{}"))
    said = region.vigie("release", "import", str(tmp_path / "r.tar"), code=1)
    assert "no plain file of a release" in said
    assert not environment(region, "2026.12").exists()


def test_what_was_altered_or_signed_by_a_stranger_is_refused_and_leaves_nothing(
    tmp_path: Path, region: Region, built: Path
) -> None:
    strange = tmp_path / "strange"
    shutil.copytree(built, strange)
    region.vigie("release", "keygen", str(tmp_path / "stranger.key"))
    signed = ("--out", str(tmp_path / "other"), "--key", str(tmp_path / "stranger.key"))
    states = ("--states", str(tmp_path / "states"))
    region.vigie("release", "build", "2026.12", *signed, *states)
    said = region.vigie("release", "import", str(tmp_path / "other"), code=1)
    assert "by none of the trusted keys (region)" in said

    (strange / "states/top.sls").write_text("{{ saltenv }}: {'*': [evil]}\n")
    said = region.vigie("release", "import", str(strange), code=1)
    assert "states/top.sls has sha256" in said
    assert "it is not what was signed" in said
    assert not list((region.home / "salt" / "releases").glob("*"))


def test_a_release_is_never_replaced(tmp_path: Path, region: Region, built: Path) -> None:
    region.vigie("release", "import", str(built))
    assert "is there already" in region.vigie("release", "import", str(built), code=1)
    (tmp_path / "states/top.sls").write_text("{{ saltenv }}: {'*': [more]}\n")
    shutil.rmtree(built)
    again = build(tmp_path, region, "2026.12")
    said = region.vigie("release", "import", str(again), code=1)
    assert "there is another release 2026.12" in said
    assert environment(region, "2026.12").joinpath("states/top.sls").read_text().endswith("{}\n")


def test_a_key_that_is_distrusted_signs_nothing_more(region: Region, built: Path) -> None:
    region.vigie("release", "distrust", "region")
    assert "no release key is trusted" in region.vigie("release", "import", str(built), code=1)


def test_killed_at_any_moment_it_is_taken_in_whole_or_not_at_all(
    tmp_path: Path, region: Region
) -> None:
    states = tmp_path / "states"
    states.mkdir()
    for number in range(60):
        (states / f"s{number}.sls").write_bytes(os.urandom(200_000))
    built = build(tmp_path, region, "2026.12")
    command = [sys.executable, "-m", "controller.cli", "--home", str(region.home)]
    for wait_s in (0.6, 0.9, 1.2, 1.5, 1.8):
        process = subprocess.Popen([*command, "release", "import", str(built)], cwd=ROOT)
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        there = environment(region, "2026.12")
        assert not there.exists() or len(list(there.glob("states/*.sls"))) == 60
    if "2026.12" not in region.vigie("release", "list"):
        region.vigie("release", "import", str(built))
    assert "2026.12" in region.vigie("release", "list")
    assert len(list(environment(region, "2026.12").glob("states/*.sls"))) == 60


def test_a_withdrawn_release_stays_and_says_so(region: Region, built: Path) -> None:
    region.vigie("release", "import", str(built))
    region.vigie("release", "withdraw", "2026.12", "--why", "cameras go dark")
    assert region.vigie("release", "list").rstrip().endswith("withdrawn")
    assert environment(region, "2026.12").exists()
