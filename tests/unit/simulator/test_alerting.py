"""The demonstration's rules: soon, at any hour, and only where that makes sense."""

from typing import Any

import msgspec
import pytest

from controller.alerts import builtin
from controller.alerts.rules import parse
from simulator.demo.alerting import soon

RULES: dict[str, dict[str, Any]] = {
    rule.key: msgspec.json.decode(msgspec.json.encode(rule)) for rule in builtin.rules()
}


@pytest.mark.parametrize("key", RULES)
def test_each_rule_is_one_still(key: str) -> None:
    assert parse(soon(RULES[key])).key == key


@pytest.mark.parametrize("key", ["offline", "camera-failed", "scanner-failed", "several-devices"])
def test_faults_of_devices_and_lines_are_told_within_a_minute_at_any_hour(key: str) -> None:
    rule = parse(soon(RULES[key]))
    assert rule.for_s <= 60
    assert rule.clear_for_s <= 60
    assert rule.when == "always"


def test_a_kiosk_that_goes_dark_by_night_counts_too() -> None:
    assert RULES["offline"]["match"]["left"] == "open"
    assert parse(soon(RULES["offline"])).match.left is None


@pytest.mark.parametrize("key", ["silent", "not-switched-on", "broker-away", "channel-failing"])
def test_what_means_something_only_when_it_lasts_stays_as_delivered(key: str) -> None:
    assert soon(RULES[key]) == RULES[key]
