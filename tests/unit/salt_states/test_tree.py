"""The rules that every state keeps, read from their text: no Salt is needed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from controller.configuration.document import Document
from controller.configuration.validate import whole

TREE = Path(__file__).parents[3] / "salt_states"
SLS = sorted(path for path in TREE.glob("*/*.sls"))
SENTINEL = '{%- from "sentinel.jinja" import vigie with context %}'
KIOSK = "pvp-63003-1"


def name(path: Path) -> str:
    return str(path.relative_to(TREE))


def blocks(text: str) -> Iterator[str]:
    """Each state with all that is indented under it."""
    yield from re.split(r"\n(?=\S)", text)


def only_includes(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return lines[0] == "include:" and all(line.startswith("  - .") for line in lines[1:])


def example() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((TREE / "pillar.example").read_text())["vigie"]
    return found


def sections() -> dict[str, Any]:
    """What of the example is the configuration, without what the controller says of the kiosk."""
    told = {"kiosk", "kind", "site", "revision", "digest"}
    return {key: value for key, value in example().items() if key not in told}


@pytest.mark.parametrize("path", SLS, ids=name)
def test_a_state_asks_for_the_sentinel_before_all_else(path: Path) -> None:
    text = path.read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines[0] == SENTINEL or only_includes(text)


@pytest.mark.parametrize("path", SLS, ids=name)
def test_a_command_says_when_it_is_needed(path: Path) -> None:
    for block in blocks(path.read_text()):
        assert "cmd.run:" not in block or "- onchanges:" in block or "- unless:" in block, block


def test_the_top_file_names_every_subject_and_no_other() -> None:
    named = set(re.findall(r"^    - (\w+)$", (TREE / "top.sls").read_text(), re.MULTILINE))
    assert named == {path.parent.name for path in SLS if path.name == "init.sls"}


def test_each_subject_can_be_taken_away_again() -> None:
    kinds = {"pvp", "expert"}
    subjects = {path.parent.name for path in SLS} - kinds
    assert {path.parent.name for path in SLS if path.name == "clean.sls"} == subjects


def test_the_example_of_a_pillar_is_a_whole_configuration() -> None:
    document = whole(sections(), KIOSK)
    assert set(sections()) == set(Document.__struct_fields__)
    assert msgspec.to_builtins(document, str_keys=True).keys() == sections().keys()


def test_the_example_says_each_field_of_each_section() -> None:
    for section, value in msgspec.to_builtins(Document()).items():
        said = sections()[section]
        assert section == "udev" or set(said) == set(value), section


def test_the_example_would_pass_the_sentinel() -> None:
    assert example()["kiosk"] == KIOSK
    assert re.fullmatch("[0-9a-f]{64}", example()["digest"])
