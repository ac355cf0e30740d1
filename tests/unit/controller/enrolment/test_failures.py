"""Who keeps failing at the door must wait; nobody else must."""

from controller.enrolment.failures import LIMIT, WINDOW_S, Failures

THERE = "192.0.2.7"


def failing(times: int, address: str = THERE, at: float = 0.0) -> Failures:
    failures = Failures()
    for _ in range(times):
        failures.add(address, at)
    return failures


def test_below_the_limit_nobody_waits() -> None:
    assert failing(LIMIT - 1).wait_s(THERE, 1.0) == 0


def test_at_the_limit_the_rest_of_the_window_is_waited() -> None:
    assert failing(LIMIT).wait_s(THERE, 1.0) == WINDOW_S - 1.0


def test_after_the_window_a_new_count_begins() -> None:
    failures = failing(LIMIT)
    assert failures.wait_s(THERE, WINDOW_S) == 0
    failures.add(THERE, WINDOW_S)
    assert failures.wait_s(THERE, WINDOW_S) == 0


def test_another_address_does_not_wait() -> None:
    assert failing(LIMIT).wait_s("192.0.2.8", 1.0) == 0


def test_addresses_of_one_ipv6_network_are_one() -> None:
    failures = failing(LIMIT, "2001:db8::1")
    assert failures.wait_s("2001:db8::ffff", 1.0) > 0
    assert failures.wait_s("2001:db8:0:1::1", 1.0) == 0


def test_the_memory_is_bounded_and_forgets_the_quietest() -> None:
    failures = failing(LIMIT)
    for number in range(5000):
        failures.add(f"10.0.{number // 256}.{number % 256}", 1.0)
    assert failures.wait_s(THERE, 2.0) == 0
    assert len(failures._by_address) == 4096
