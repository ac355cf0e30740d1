"""What must happen once happens once when many ask at the same moment, on both databases."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.region import Region

_MANY = """
import json, sys, threading, django
django.setup()
from datetime import datetime, timedelta, UTC
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from controller.accounts import second_factor, selectors, services, throttle
from controller.errors import Refused
from tests.people import code_of

AT_ONCE = 6
NOW = datetime.now(UTC)
gate = threading.Barrier(AT_ONCE)

def at_once(deed):
    def one(number):
        gate.wait(30)
        try:
            return deed(number)
        finally:
            connection.close()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))

def leaves(number):
    try:
        services.deactivate(name=("anne", "alain")[number % 2], by="cli:root")
    except Refused:
        pass

anne = selectors.user("anne")
before = NOW - timedelta(hours=1)
key = second_factor.propose(anne, before)
codes = second_factor.confirm(anne, code_of(key, before), before)
right = code_of(key, NOW)
for number in range(throttle.PAIR.failures):
    throttle.fail("anne", f"2001:db8::{number}")
result = {
    "code": sum(at_once(lambda _: second_factor.verify(anne, right, NOW))),
    "recovery": sum(at_once(lambda _: second_factor.verify(anne, codes[0], NOW))),
    "waits": throttle.wait("anne", "2001:db8::ffff", datetime.now(UTC)).total_seconds() > 0,
}
at_once(leaves)
result["administrators"] = sum(user.is_active for user in selectors.users())
json.dump(result, sys.stdout)
"""


@pytest.fixture
def region(tmp_path: Path, database_toml: str) -> Iterator[Region]:
    with Region(tmp_path, database_toml) as made:
        for name in ("anne", "alain"):
            made.vigie("user", "add", name, "--role", "administrator")
        yield made


def test_a_code_counts_once_and_one_administrator_stays(region: Region) -> None:
    assert json.loads(region.python(_MANY)) == {
        "code": 1,
        "recovery": 1,
        "waits": True,
        "administrators": 1,
    }
