"""check_vigie as a real Icinga runs it with the shipped command, and by hand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peer.controller.metrics.icinga import ICINGA, PLUGIN, Icinga
from tests.peer.region import Region, free_port

#: https://www.monitoring-plugins.org/doc/guidelines.html, 2.6
_DATUM = re.compile(r"'[^'=]+'=-?[\d.e+-]+(s|us|ms|%|B|KB|MB|GB|TB|c)?(;[^;\s]*){0,4}")


def check(*arguments: str) -> tuple[int, str]:
    """Exit code and output of the plugin."""
    done = subprocess.run(
        [sys.executable, str(PLUGIN), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


@pytest.fixture
def where(region: Region, token: Path) -> tuple[str, ...]:
    return ("--url", region.pages, "--token-file", str(token))


@pytest.mark.skipif(
    not (ICINGA.exists() and os.geteuid() == 0), reason="icinga2 is not installed, or not as root"
)
@pytest.mark.parametrize(
    ("variables", "state", "says"),
    [
        ({"vigie_kiosk": "pvp-63003-1"}, "CRITICAL", "pvp-63003-1 is not-ready (printer: failed)"),
        ({"vigie_warning": "5"}, "OK", "2 of 2 kiosks need a hand"),
        ({"vigie_warning": "1", "vigie_critical": "5"}, "WARNING", "2 of 2 kiosks need a hand"),
    ],
    ids=["one kiosk", "the fleet", "a threshold"],
)
def test_icinga_takes_state_output_and_performance_data(
    region: Region,
    token: Path,
    tmp_path: Path,
    variables: dict[str, str],
    state: str,
    says: str,
) -> None:
    place = {"vigie_url": region.pages, "vigie_token_file": str(token)}
    with Icinga(tmp_path / "icinga", place | variables) as icinga:
        result = icinga.result()
    assert result.state == state
    assert result.output.startswith(f"VIGIE {state} - {says}")
    assert result.data.strip()
    # Icinga writes anew what it understood: each datum that we gave is among them.
    assert ("network.rtt_ms=38ms" in result.data) is ("vigie_kiosk" in variables)


def test_performance_data_are_as_the_guidelines_say(where: tuple[str, ...]) -> None:
    for arguments in ((), ("--kiosk", "pvp-63003-1")):
        _, output = check(*where, *arguments, "-w", "1", "-c", "@5:9")
        text, _, data = output.partition(" | ")
        assert "\n" not in output
        assert text.startswith("VIGIE ")
        assert data
        assert all(_DATUM.fullmatch(datum) for datum in re.split(r" (?=')", data)), data


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ((), 0),
        (("-w", "2"), 0),
        (("-w", "1"), 1),
        (("-w", "1", "-c", "1"), 2),
        (("-w", "3:"), 1),
        (("-c", "@2:4"), 2),
        (("-c", "~:1"), 2),
    ],
)
def test_thresholds_are_the_plugins_ranges(
    where: tuple[str, ...], limits: tuple[str, ...], code: int
) -> None:
    """Two kiosks need a hand."""
    assert check(*where, *limits)[0] == code


def test_a_department_is_counted_alone(where: tuple[str, ...]) -> None:
    assert check(*where, "--department", "63", "-c", "1")[0] == 2
    code, output = check(*where, "--department", "15")
    assert (code, output) == (3, "VIGIE UNKNOWN - no kiosk in department 15")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--url": "http://127.0.0.1:{free}"}, "does not answer: [Errno 111] Connection refused"),
        ({"--token-file": "{tmp}/none"}, "token file {tmp}/none: No such file or directory"),
        ({"--kiosk": "pvp-none"}, "answers 404"),
        ({"--critical": "many"}, "argument -c/--critical: invalid Range value: 'many'"),
        ({"--critical": "9:2"}, "argument -c/--critical: invalid Range value: '9:2'"),
    ],
)
def test_what_cannot_be_told_is_unknown_with_its_reason(
    where: tuple[str, ...], tmp_path: Path, change: dict[str, str], says: str
) -> None:
    known = {"free": str(free_port()), "tmp": str(tmp_path)}
    given = dict(zip(where[::2], where[1::2], strict=True))
    given |= {name: value.format(**known) for name, value in change.items()}
    code, output = check(*(word for pair in given.items() for word in pair))
    assert code == 3
    assert output.startswith("VIGIE UNKNOWN - ")
    assert says.format(**known) in output


def test_a_wrong_token_is_unknown(region: Region, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("vigie_wrong")
    code, output = check("--url", region.pages, "--token-file", str(wrong))
    assert code == 3
    assert "answers 401: send a token" in output
