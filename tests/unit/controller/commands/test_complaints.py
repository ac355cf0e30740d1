"""What the worker says of a chore that fails: the first time, and when it is over."""

import logging

import pytest
from django.db import OperationalError

from controller.commands.worker import Complaints


def test_a_database_that_is_away_is_said_once_and_once_that_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "vigie.worker")
    said = Complaints()
    for number in range(600):
        said.failed("alerts", OperationalError(f"no connection {number}"))
    said.done("alerts")
    said.done("alerts")
    assert [record.getMessage() for record in caplog.records] == [
        "chore alerts could not be done; trying on",
        "chore alerts is done again",
    ]


def test_another_failure_and_another_chore_are_said_too(caplog: pytest.LogCaptureFixture) -> None:
    said = Complaints()
    said.failed("alerts", OperationalError())
    said.failed("alerts", ValueError())
    said.failed("batches", ValueError())
    assert len(caplog.records) == 3
