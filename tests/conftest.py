"""What all tests share: a controller's home of their own, made before Django reads its settings."""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.faults import FAILED, detection

__all__ = ["detection"]

_HOME = tempfile.TemporaryDirectory(prefix="vigie-test-")
os.environ["VIGIE_HOME"] = _HOME.name
(Path(_HOME.name) / "secret_key").write_text("only-for-tests-" + os.urandom(16).hex())


def pytest_configure() -> None:
    """Examples are not timed: a machine that others load is slow now and then, and not wrong."""
    slow = [HealthCheck.too_slow]
    settings.register_profile("vigie", deadline=None, suppress_health_check=slow)
    settings.load_profile("vigie")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _HOME.cleanup()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note for fixtures whether their test failed or was skipped."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = not report.passed
    return report
