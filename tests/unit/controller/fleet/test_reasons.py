"""Reasons in plain words: every standard keyword, and what is not in the table."""

import pytest
from django.utils import translation

from agent.kinds import KINDS
from agent.wording import REASONS as AGENT
from controller.fleet.reasons import REASONS, reason
from controller.fleet.words import DEVICE_KIND, word

IPP = """none other media-needed media-jam media-low media-empty moving-to-paused paused shutdown
connecting-to-device timed-out stopping stopped-partly toner-low toner-empty spool-area-full
cover-open door-open interlock-open input-tray-missing output-tray-missing output-area-almost-full
output-area-full marker-supply-low marker-supply-empty marker-waste-almost-full marker-waste-full
fuser-over-temp fuser-under-temp opc-near-eol opc-life-over developer-low developer-empty
interpreter-resource-unavailable offline-report"""
SANE = """unsupported cancelled device-busy inval jammed no-docs cover-open io-error no-mem
access-denied"""


@pytest.mark.parametrize("keyword", [*f"{IPP} {SANE}".split(), *AGENT])
def test_a_known_keyword_has_words_in_both_languages(keyword: str) -> None:
    with translation.override("en"):
        english = reason(keyword)
    with translation.override("fr"):
        french = reason(keyword)
    assert french not in (keyword, english)


@pytest.mark.parametrize("suffix", ["-report", "-warning", "-error"])
def test_a_severity_does_not_change_what_is_wrong(suffix: str) -> None:
    assert reason(f"media-empty{suffix}") == reason("media-empty")


@pytest.mark.parametrize("keyword", ["flux-capacitor-cold", "error", "-error", ""])
def test_an_unknown_keyword_is_shown_as_it_is(keyword: str) -> None:
    assert reason(keyword) == keyword


def test_no_reason_is_left_without_french() -> None:
    same = []
    for keyword, text in REASONS.items():
        with translation.override("en"):
            english = str(text)
        with translation.override("fr"):
            same += [keyword] if str(text) == english else []
    assert same == []


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_every_kind_that_an_agent_measures_has_a_name(kind: str) -> None:
    assert word(DEVICE_KIND, kind) != kind
