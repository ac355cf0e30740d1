"""How long `vigie up` waits before it starts a part again."""

from itertools import accumulate

from controller.supervisor import next_wait_s


def test_a_part_that_keeps_ending_is_started_ever_less_often_up_to_a_cap() -> None:
    waits = accumulate(range(8), lambda last_s, _: next_wait_s(last_s, ran_s=0.1), initial=0.0)
    assert list(waits) == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_part_that_ran_well_is_started_again_soon() -> None:
    assert next_wait_s(30.0, ran_s=60.0) == 1.0
