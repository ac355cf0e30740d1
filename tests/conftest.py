"""What all tests share: a controller's home of their own, made before Django reads its settings."""

import os
import tempfile
from pathlib import Path

import pytest

_HOME = tempfile.TemporaryDirectory(prefix="vigie-test-")
os.environ["VIGIE_HOME"] = _HOME.name
(Path(_HOME.name) / "secret_key").write_text("only-for-tests-" + os.urandom(16).hex())


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _HOME.cleanup()
