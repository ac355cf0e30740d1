"""The manuals name every call of the API."""

from pathlib import Path

import pytest

from controller.api.urls import api

MANUALS = Path(__file__).parents[4] / "docs" / "user"
PATHS = tuple(api.get_openapi_schema()["paths"])


def is_named(path: str, manual: str) -> bool:
    """As a whole, or as what follows a path that is."""
    parts = path.split("/")
    cuts = (("/".join(parts[:cut]), "/" + "/".join(parts[cut:])) for cut in range(3, len(parts)))
    followed = (f"`{head}`" in manual and f"`{tail}`" in manual for head, tail in cuts)
    return f"`{path}`" in manual or any(followed)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", PATHS)
def test_the_manual_names_each_call(path: str, language: str) -> None:
    assert is_named(path, (MANUALS / language / "api.md").read_text(encoding="utf-8"))
