"""What kiosks answer to orders, as pages say it."""

import pytest
from django.utils import translation

from contract.reasons import OutcomeReason, because
from controller.web.answers import answer


@pytest.mark.parametrize("reason", OutcomeReason)
def test_every_code_has_words_in_both_languages(reason: OutcomeReason) -> None:
    with translation.override("en"):
        english = answer(reason)
    with translation.override("fr"):
        french = answer(reason)
    assert french not in (str(reason), english)


def test_a_technical_detail_stays_beside_the_words() -> None:
    said = because(OutcomeReason.REBOOT_REFUSED, "systemctl reboot: Access denied")
    with translation.override("fr"):
        assert (
            answer(said) == "La machine a refusé de redémarrer. (systemctl reboot: Access denied)"
        )


def test_a_detail_that_the_words_tell_already_is_left_out() -> None:
    said = because(OutcomeReason.OTHER_UNDER_WAY, "reboot")
    with translation.override("fr"):
        assert answer(said).endswith("attendez qu’il soit terminé.")


def test_what_a_newer_kiosk_says_is_shown_as_it_is() -> None:
    assert answer("moon-too-full: 3 s") == "moon-too-full: 3 s"


def test_what_the_controller_gave_up_has_its_own_words() -> None:
    with translation.override("fr"):
        assert "avant" in answer("not-delivered")
