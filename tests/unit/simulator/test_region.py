"""The demonstration's fleet, and lists of kiosks that are wrong."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from simulator import region
from simulator.demo.prepare import REAL, REGION, SERVICES
from simulator.errors import RegionError


def rows() -> list[dict[str, str]]:
    with REGION.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_fleet_is_of_the_seeds_size_and_one_for_this_machine() -> None:
    kinds = Counter(place.kind for place in region.read(REGION, (REAL,)))
    assert kinds == {"pvp": 62, "expert": 40}
    assert len(region.read(REGION)) == 103


def test_ids_and_sites_agree_with_the_official_commune_code() -> None:
    for row in rows():
        prefix = "pvp" if row["kind"] == "pvp" else "exp"
        assert re.fullmatch(rf"{prefix}-{row['insee']}-\d+", row["kiosk"])
        assert row["site"].startswith(row["insee"])
        assert row["insee"].startswith(row["department"])
        assert 44.5 < float(row["latitude"]) < 47
        assert 2 < float(row["longitude"]) < 4.6


def test_all_four_departments_and_ambert_are_there() -> None:
    assert {row["department"] for row in rows()} == {"03", "15", "43", "63"}
    assert "Ambert" in {row["commune"] for row in rows()}


def test_every_kiosk_reaches_known_services_and_no_contact_is_a_person() -> None:
    with SERVICES.open(encoding="utf-8", newline="") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    assert len(known) >= 8
    for row in rows():
        assert set(row["services"].split(";")) <= known
        assert row["contact"].endswith(".example")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kiosk,kind\n", "names no kiosk"),
        ("kiosk,kind\nAmbert/1,pvp\n", "line 2: kiosk is 'Ambert/1'"),
        ("kiosk,kind\npvp-63003-1,pvp\nexp-1,desk\n", "line 3: kind is 'desk'"),
    ],
)
def test_a_wrong_list_is_named_with_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text(text)
    with pytest.raises(RegionError, match=re.escape(said)):
        region.read(path)


def test_leaving_out_a_kiosk_that_is_not_there_is_an_error() -> None:
    with pytest.raises(RegionError, match="pvp-00000-1"):
        region.read(REGION, ("pvp-00000-1",))
