"""`vigie glpi` as an operator runs it."""

import json
from pathlib import Path

from tests.peer.region import Region


def test_each_kiosk_gets_a_file(region: Region, tmp_path: Path) -> None:
    folder = tmp_path / "glpi"
    assert region.vigie("glpi", str(folder)) == f"wrote 2 files to {folder}\n"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["pvp-63003-1.json", "pvp-63003-2.json"]
    assert json.loads((folder / names[0]).read_text())["deviceid"] == "pvp-63003-1"


def test_one_kiosk_goes_to_standard_output(region: Region) -> None:
    document = json.loads(region.vigie("glpi", "--kiosk", "pvp-63003-2"))
    assert document["deviceid"] == "pvp-63003-2"


def test_what_is_missing_is_named(region: Region) -> None:
    assert "no kiosk 'pvp-none'" in region.vigie("glpi", "--kiosk", "pvp-none", code=1)
    assert "name a FOLDER" in region.vigie("glpi", code=1)
