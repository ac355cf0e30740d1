"""What comes without a word of the kernel's is found all the same."""

import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import probes
from agent.kiosk import Kiosk
from agent.pace import Pace
from agent.systemd import Systemd
from tests.agents import FINE, config, probe


@pytest.fixture
def signals() -> Iterator[None]:
    """A kiosk that runs takes them; they are given back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


@pytest.mark.usefixtures("signals")
def test_a_camera_that_no_event_told_of_is_found_within_the_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(probes, "_ROOT", tmp_path)
    system = probe("system", FINE)
    kiosk = Kiosk(config(tmp_path), [system], Systemd({}), Pace(full_report_s=0.2))
    node = tmp_path / "sys/class/video4linux/video0"
    kiosk.loop.later(0.3, lambda: node.mkdir(parents=True))

    def look() -> None:
        if "of the kind camera, one has come" in caplog.text:
            kiosk.loop.stop()
        else:
            kiosk.loop.later(0.05, look)

    look()
    kiosk.loop.later(30.0, kiosk.loop.stop)
    kiosk.run()
    kiosk.close()
    assert caplog.text.count("of the kind camera, one has come") == 1
