"""What leaves the kiosk of its journal: as much as fits, and no secret."""

import gzip
import random

import pytest

from agent.commands.excerpt import fit
from agent.commands.redaction import redact


def test_the_newest_lines_are_kept_in_the_order_of_time() -> None:
    noise = random.Random(7)  # noqa: S311 - lines that do not compress, the same each time
    lines = [f"{number} {noise.random()}" for number in range(20_000)]
    kept = fit(reversed(lines), 50_000)
    assert len(kept.packed) <= 50_000
    assert kept.is_cut
    assert gzip.decompress(kept.packed).decode().splitlines() == lines[-kept.lines :]
    assert len(kept.packed) > 40_000


def test_nothing_is_an_empty_file() -> None:
    kept = fit([], 10_000)
    assert (gzip.decompress(kept.packed), kept.lines, kept.is_cut) == (b"", 0, False)


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        "PASSWORD: hunter2",
        '{"db_password": "hunter2 and more"}',
        "api-key = 'hunter2'",
        "Authorization: Bearer hunter2hunter2",
        "authorization: basic aHVudGVyMjpodW50ZXIy hunter",
        "GET https://ann:hunter2@host/path",
        "Authorization: Token hunter2",
        'Authorization: Digest username="ann", response="hunter2"',
        "Set-Cookie: language=fr; sessionid=hunter2",
        "password=[hunter2",
        r'{"password": "so \"hunter2"}',
        "vgt1.hunter2." + "ab" * 32,
        "key hunter2hunter2hunter2hunter2hunter2hunter2hunter2",
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    assert "hunter2" not in redact(text)
    assert "aHVudGVyMjpodW50ZXIy" not in redact(text)
    assert "and more" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "camera desk: failed: black",
        "boot 11111111-2222-4333-8444-555555555555",
        "https://vigie.example.org/kiosks/pvp-63003-1",
        "usb 1-1.2: new high-speed USB device number 5 using xhci_hcd",
    ],
)
def test_all_else_is_left_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("word", ["x" * 4096, "a-" * 2048, "/a" * 2048, "ab+" * 1365])
def test_a_journal_of_long_words_holds_nobody_up(word: str) -> None:
    assert [redact(word) for _ in range(500)] == [word] * 500
