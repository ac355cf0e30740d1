"""The fault suite: what is done to a kiosk, and what the agent must say of it.

A test that injects a fault is marked with its row, tells when it has injected, and hands over the
state it then found:

    @fault("printer", "out of paper", "ippeveprinter's tray is emptied", "failed", "media-empty")
    def test_an_empty_tray_is_said(detection: Detection, ...) -> None:
        ...                      # everything is fine, and known to be
        detection.begins()       # right before the fault is injected
        ...                      # inject, wait for what the agent says
        detection.ends(state)    # checks health and reasons against the row, notes the time

`./scripts/faults` runs them all and writes docs/faults.md with the times measured.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.health import DeviceState

#: A folder that rows and times are written to, one file a row; nothing is written without it.
FOLDER = "VIGIE_FAULTS"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of docs/faults.md."""

    kind: str  # of the device: a name of agent.kinds, or system, storage, network
    fault: str  # in plain words
    injected: str  # by what, and how
    health: str
    reasons: tuple[str, ...]


def fault(kind: str, fault: str, injected: str, health: str, *reasons: str) -> pytest.MarkDecorator:
    """Mark a test as the one that shows a row."""
    return pytest.mark.fault(Fault(kind, fault, injected, health, reasons))


def row(item: pytest.Item | Any) -> Fault | None:
    """The row that a test shows, if it does."""
    marker = item.get_closest_marker("fault")
    found: Fault | None = marker.args[0] if marker is not None else None
    return found


class Detection:
    """From the injection of a fault to its being said."""

    def __init__(self, shown: Fault, tier: str, test: str) -> None:
        self._shown, self._tier, self._test = shown, tier, test
        self._began: float | None = None
        self.is_over = False

    def begins(self) -> None:
        """The fault is injected now."""
        self._began = time.monotonic()

    def ends(self, state: DeviceState) -> None:
        """The agent says this of the device now."""
        assert self._began is not None, "begins() was never called"
        took_s = time.monotonic() - self._began
        assert (state.kind, str(state.health)) == (self._shown.kind, self._shown.health), state
        assert set(self._shown.reasons) <= set(state.reasons), state
        self.is_over = True
        folder = os.environ.get(FOLDER)
        if folder:
            said = {**asdict(self._shown), "tier": self._tier, "took_s": took_s, "test": self._test}
            name = "".join(letter if letter.isalnum() else "-" for letter in self._test)
            (Path(folder) / f"{name}.json").write_text(json.dumps(said))


@pytest.fixture
def detection(request: pytest.FixtureRequest) -> Iterator[Detection]:
    """For a test marked with `fault`, which must use it to the end."""
    shown = row(request.node)
    assert shown is not None, "a test that detects a fault is marked with its row"
    tier = Path(request.node.path).relative_to(Path(__file__).parent).parts[0]
    one = Detection(shown, tier, request.node.nodeid)
    yield one
    passed = not request.node.stash.get(FAILED, False)
    assert one.is_over or not passed, "the detection never ended"


#: Whether a test failed, noted by tests/conftest.py.
FAILED = pytest.StashKey[bool]()
