"""The file that says what a release does."""

import logging
from pathlib import Path

import pytest

from simulator.salt.effects import Effect, Effects


def test_a_release_that_nobody_named_does_what_it_should(tmp_path: Path) -> None:
    assert Effects().of("r") == Effects(tmp_path / "none.json").of("r") == Effect()


def test_a_change_of_the_file_is_seen_and_nonsense_leaves_what_was_known(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "effects.json"
    path.write_text('{"r": {"breaks": {"pvp-1": "camera"}}}')
    effects = Effects(path)
    assert effects.of("r").breaks == {"pvp-1": "camera"}
    path.write_text('{"r": {"takes_s": 9, "fails": ["pvp-2"]}}  ')
    assert (effects.of("r").takes_s, effects.of("r").fails) == (9, {"pvp-2"})
    path.write_text('{"r": {"explodes": true}}')
    with caplog.at_level(logging.WARNING):
        assert effects.of("r").takes_s == 9
    assert "explodes" in caplog.text
    assert str(path) in caplog.text
