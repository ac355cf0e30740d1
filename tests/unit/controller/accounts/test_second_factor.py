"""The second factor: what turns it on, what it takes, and that nothing counts twice."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from controller.accounts import second_factor, services
from controller.accounts.models import AuditEntry, RecoveryCode, SecondFactor
from controller.accounts.roles import Role
from controller.errors import NotFound, Refused
from tests.people import PASSWORD, code_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)


@pytest.fixture
def marie() -> User:
    return services.create_user(
        name="marie", password=PASSWORD, role=Role.TECHNICIAN, by="cli:root"
    )


def turn_on(user: User) -> tuple[str, tuple[str, ...]]:
    key = second_factor.propose(user, NOW)
    codes = second_factor.confirm(user, code_of(key, NOW), NOW)
    assert codes is not None
    return key, codes


def test_codes_are_those_of_rfc_6238() -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    # Appendix B, the last six of its eight digits.
    assert code_of(secret, datetime.fromtimestamp(59, UTC)) == "287082"


def test_it_counts_only_once_its_first_code_was_typed(marie: User) -> None:
    key = second_factor.propose(marie, NOW)
    assert not second_factor.is_on(marie)
    assert not second_factor.verify(marie, code_of(key, NOW), NOW)
    assert second_factor.confirm(marie, "000000", NOW) is None
    assert second_factor.confirm(marie, code_of(key, NOW), NOW) is not None
    assert second_factor.is_on(marie)


def test_the_proposal_stays_the_same_when_the_page_is_loaded_again(marie: User) -> None:
    assert second_factor.propose(marie, NOW) == second_factor.propose(marie, NOW + STEP)


def test_a_code_counts_once(marie: User) -> None:
    key, _ = turn_on(marie)
    later = NOW + 2 * STEP
    assert second_factor.verify(marie, code_of(key, later), later)
    assert not second_factor.verify(marie, code_of(key, later), later)


def test_the_code_that_turned_it_on_opens_nothing(marie: User) -> None:
    key, _ = turn_on(marie)
    assert not second_factor.verify(marie, code_of(key, NOW), NOW)


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_phones_clock_may_be_off_by_half_a_minute(
    marie: User, steps: int, is_right: bool
) -> None:
    key, _ = turn_on(marie)
    later = NOW + 10 * STEP
    assert second_factor.verify(marie, code_of(key, later + steps * STEP), later) is is_right


@pytest.mark.parametrize("code", ["", "12345", "١٢٣٤٥٦", "abcdef", "-12345", "1" * 40])
def test_what_is_no_code_is_simply_wrong(marie: User, code: str) -> None:
    turn_on(marie)
    assert not second_factor.verify(marie, code, NOW + STEP)


def test_a_recovery_code_opens_once_however_it_is_typed(marie: User) -> None:
    _, codes = turn_on(marie)
    typed = codes[3].upper().replace("-", " ")
    assert second_factor.verify(marie, typed, NOW)
    assert not second_factor.verify(marie, typed, NOW)
    assert second_factor.recovery_codes_left(marie) == second_factor.RECOVERY_CODES - 1
    assert AuditEntry.objects.filter(action="second-factor.recovery-code").count() == 1


def test_neither_the_key_nor_a_recovery_code_can_be_read_in_the_database(marie: User) -> None:
    key, codes = turn_on(marie)
    stored = f"{SecondFactor.objects.values().get()} {list(RecoveryCode.objects.values())}"
    assert key not in stored
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_new_recovery_codes_end_the_old_ones(marie: User) -> None:
    _, old = turn_on(marie)
    fresh = second_factor.renew_codes(marie)
    assert not second_factor.verify(marie, old[0], NOW)
    assert second_factor.verify(marie, fresh[0], NOW)


def test_another_ones_codes_open_nothing(marie: User) -> None:
    _, codes = turn_on(marie)
    paul = services.create_user(name="paul", password=PASSWORD, role=Role.VIEWER, by="cli:root")
    turn_on(paul)
    assert not second_factor.verify(paul, codes[0], NOW)


def test_a_reset_takes_the_factor_and_its_codes_and_is_audited(marie: User) -> None:
    _, codes = turn_on(marie)
    second_factor.reset(marie, by="anne", address="192.0.2.1")
    assert not second_factor.is_on(marie)
    assert not second_factor.verify(marie, codes[0], NOW)
    entry = AuditEntry.objects.get(action="second-factor.reset")
    assert (entry.subject, entry.actor, entry.address) == ("marie", "anne", "192.0.2.1")
    with pytest.raises(NotFound, match="no second factor"):
        second_factor.reset(marie, by="anne")


def test_a_factor_that_is_on_is_not_proposed_over(marie: User) -> None:
    turn_on(marie)
    with pytest.raises(Refused, match="reset it first"):
        second_factor.propose(marie, NOW)


def test_under_another_secret_key_the_factor_is_lost_but_recovery_is_not_a_crash(
    marie: User, settings: Settings
) -> None:
    key, _ = turn_on(marie)
    settings.SECRET_KEY = "another-secret-key"
    assert not second_factor.verify(marie, code_of(key, NOW + STEP), NOW + STEP)


@pytest.mark.parametrize(
    ("policy", "asked"),
    [
        ("optional", set()),
        ("administrators", {Role.ADMINISTRATOR}),
        ("technicians", {Role.TECHNICIAN, Role.ADMINISTRATOR}),
        ("all", set(Role)),
    ],
)
def test_a_policy_asks_roles_from_one_up(policy: str, asked: set[Role]) -> None:
    people = {
        role: services.create_user(name=str(role), password=PASSWORD, role=role, by="cli:root")
        for role in Role
    }
    found = {role for role, user in people.items() if second_factor.is_required(user, policy)}
    assert found == asked
