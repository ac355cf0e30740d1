"""Reasons in plain words: every standard keyword, and what is not in the table."""

import pytest
from django.utils import translation

from controller.web.reasons import REASONS, reason

IPP = """none other media-needed media-jam media-low media-empty moving-to-paused paused shutdown
connecting-to-device timed-out stopping stopped-partly toner-low toner-empty spool-area-full
cover-open door-open interlock-open input-tray-missing output-tray-missing output-area-almost-full
output-area-full marker-supply-low marker-supply-empty marker-waste-almost-full marker-waste-full
fuser-over-temp fuser-under-temp opc-near-eol opc-life-over developer-low developer-empty
interpreter-resource-unavailable offline-report"""
SANE = """unsupported cancelled device-busy inval jammed no-docs cover-open io-error no-mem
access-denied"""
AGENT = """no-route no-carrier no-echo name-not-resolved rtt-high jitter-high loss-high
interface-errors storage-low storage-full read-only inodes-low wear-high disk-failing fs-errors
memory-low load-high temperature-high clock-not-trusted not-connected swapped moved timed-out
probe-error not-enrolled muted on-battery battery-low"""


@pytest.mark.parametrize("keyword", f"{IPP} {SANE} {AGENT}".split())
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
