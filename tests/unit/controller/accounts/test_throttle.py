"""Guessing is slowed: by name and address, by address, by name where it is new to the address."""

from datetime import timedelta

import pytest
from django.utils import timezone

from controller.accounts import throttle
from controller.accounts.audit import record
from controller.accounts.models import AuditEntry
from controller.accounts.throttle import NAME, NETWORK, PAIR

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
NONE = timedelta()


def waits(name: str, address: str) -> bool:
    return throttle.wait(name, address, timezone.now()) > NONE


def test_a_name_waits_at_the_address_where_it_failed_too_often() -> None:
    for _ in range(PAIR.failures - 1):
        throttle.fail("marie", HERE)
    assert not waits("marie", HERE)
    throttle.fail("marie", HERE)
    assert waits("marie", HERE)
    assert not waits("marie", ELSEWHERE)
    assert not waits("paul", HERE)


def test_an_address_that_tries_many_names_waits_for_all_of_them() -> None:
    for number in range(NETWORK.failures):
        throttle.fail(f"name-{number}", HERE)
    assert waits("marie", HERE)
    assert not waits("marie", ELSEWHERE)


def test_the_neighbours_of_an_ipv6_address_are_one_customer() -> None:
    for number in range(PAIR.failures):
        throttle.fail("marie", f"2001:db8:1:2::{number:x}")
    assert waits("marie", "2001:db8:1:2:ffff::1")
    assert not waits("marie", "2001:db8:1:3::1")


def test_guessing_from_many_addresses_ends_without_shutting_the_person_out() -> None:
    record(action="login", subject="marie", address=HERE, details={"network": HERE})
    for number in range(NAME.failures):
        throttle.fail("marie", f"203.0.113.{number}")
    assert waits("marie", ELSEWHERE)
    assert not waits("marie", HERE)


def test_the_wait_is_until_the_oldest_failure_leaves_the_window() -> None:
    for _ in range(PAIR.failures):
        throttle.fail("marie", HERE)
    oldest = AuditEntry.objects.order_by("at").first()
    assert oldest is not None
    now = oldest.at + timedelta(minutes=4)
    assert throttle.wait("marie", HERE, now) == PAIR.window - timedelta(minutes=4)
    assert throttle.wait("marie", HERE, oldest.at + PAIR.window) == NONE


def test_having_to_wait_is_said_once_in_the_audit() -> None:
    for _ in range(3):
        throttle.note_wait("marie", HERE, timezone.now())
    entry = AuditEntry.objects.get(action="login.throttled")
    assert (entry.subject, entry.address) == ("marie", HERE)
