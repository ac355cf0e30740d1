"""A simulated fleet at the real kiosks' door."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.enrol import enrol
from simulator.errors import EnrolError
from simulator.identity import identity
from tests.peer.region import Region

KIOSKS = ("pvp-63003-1", "exp-63113-1")


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path / "region") as made:
        made.plant(*KIOSKS)
        made.start_web()
        yield made


def tokens(region: Region) -> dict[str, str]:
    rows = json.loads(region.vigie("enrol-token", "--json", *KIOSKS))
    return {row["kiosk"]: row["token"] for row in rows}


def test_each_kiosk_gets_its_own_certificate_once(region: Region, tmp_path: Path) -> None:
    folder, given = tmp_path / "fleet", tokens(region)
    told: list[tuple[int, int]] = []
    assert enrol(region.door, given, folder, lambda done, of: told.append((done, of))) == 2
    assert told == [(1, 2), (2, 2)]
    for kiosk in KIOSKS:
        proofs = identity(folder, kiosk)
        assert proofs.is_complete
        assert stat.S_IMODE(proofs.key.stat().st_mode) == 0o600
    assert enrol(region.door, given, folder) == 0


def test_a_lost_answer_is_asked_for_again_with_the_same_key(region: Region, tmp_path: Path) -> None:
    folder, given = tmp_path / "fleet", tokens(region)
    enrol(region.door, given, folder)
    certificate = identity(folder, KIOSKS[0]).certificate
    before = certificate.read_bytes()
    certificate.unlink()
    assert enrol(region.door, given, folder) == 1
    assert certificate.read_bytes() == before


def test_a_door_of_another_authority_is_not_believed(region: Region, tmp_path: Path) -> None:
    stem = tokens(region)[KIOSKS[0]].rpartition(".")[0]
    with pytest.raises(EnrolError, match="another authority"):
        enrol(region.door, {KIOSKS[0]: f"{stem}.{'0' * 64}"}, tmp_path / "fleet")
    assert list((tmp_path / "fleet").iterdir()) == []


def test_a_token_that_was_used_is_refused_in_the_doors_own_words(
    region: Region, tmp_path: Path
) -> None:
    given = tokens(region)
    enrol(region.door, given, tmp_path / "fleet")
    with pytest.raises(EnrolError, match="403"):
        enrol(region.door, given, tmp_path / "thief")


def test_a_malformed_token_never_leaves_this_machine(tmp_path: Path) -> None:
    with pytest.raises(EnrolError, match=r"must be vgt1\."):
        enrol("https://localhost:1", {KIOSKS[0]: "nonsense"}, tmp_path / "fleet")
