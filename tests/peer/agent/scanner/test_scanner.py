"""The scanner probe against SANE's test driver, saned, an eSCL scanner and sane-airscan."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import Peripheral
from agent.probes import sane as driver
from agent.probes import scanner as subject
from contract.health import DeviceState, Health
from tests.agents import OneProbe
from tests.faults import Detection, fault
from tests.peer.agent.running import Agent
from tests.peer.agent.scanner import escl, sane
from tests.peer.other_end import OtherEnd

Look = Callable[..., DeviceState]
Begin = Callable[..., Look]

SANE_MISSING = not Path(driver.SCANIMAGE).exists() or not sane.SANED.exists()
needs_sane = pytest.mark.skipif(SANE_MISSING, reason="sane-utils is not installed")


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """A scanner probe with these settings; each call of what it answers is one run."""

    def start(**told: Any) -> Look:
        item = Peripheral("scanner", "scanner", settings=told)
        return OneProbe(subject.probe, item, tmp_path).look

    return start


@pytest.fixture
def network_scanner() -> Iterator[escl.Scanner]:
    made = escl.Scanner()
    yield made
    made.stop()


@pytest.fixture
def saned(tmp_path: Path) -> Iterator[sane.Saned]:
    made = sane.Saned(tmp_path / "saned")
    yield made
    made.stop()


def trial(begin: Begin, folder: Path, status: str, detection: Detection) -> None:
    """The test scanner works; then it answers readings with a fault."""
    drivers = sane.scanner(folder)
    look = begin(device="test:0", trial_scan=True, sane_dir=str(drivers), busy_after_s=0)
    assert look(is_deep=True).health is Health.OK
    detection.begins()
    sane.scanner(folder, status)
    detection.ends(look(is_deep=True))
    sane.scanner(folder)
    assert look(is_deep=True).health is Health.OK


BY_TEST = "SANE's test driver: its reading answers with that status"


@needs_sane
@fault("scanner", "document jam", BY_TEST, "failed", "jammed")
def test_a_jam_is_said_until_it_is_cleared(
    begin: Begin, tmp_path: Path, detection: Detection
) -> None:
    trial(begin, tmp_path / "d", "SANE_STATUS_JAMMED", detection)


@needs_sane
@fault("scanner", "cover open", BY_TEST, "failed", "cover-open")
def test_an_open_cover_is_said(begin: Begin, tmp_path: Path, detection: Detection) -> None:
    trial(begin, tmp_path / "d", "SANE_STATUS_COVER_OPEN", detection)


@needs_sane
@fault("scanner", "input or output error", BY_TEST, "failed", "io-error")
def test_a_broken_conversation_is_said(begin: Begin, tmp_path: Path, detection: Detection) -> None:
    trial(begin, tmp_path / "d", "SANE_STATUS_IO_ERROR", detection)


@needs_sane
@fault("scanner", "out of memory", BY_TEST, "failed", "no-mem")
def test_a_full_memory_is_said(begin: Begin, tmp_path: Path, detection: Detection) -> None:
    trial(begin, tmp_path / "d", "SANE_STATUS_NO_MEM", detection)


@needs_sane
@fault("scanner", "access denied", BY_TEST, "failed", "access-denied")
def test_a_refused_access_is_said(begin: Begin, tmp_path: Path, detection: Detection) -> None:
    trial(begin, tmp_path / "d", "SANE_STATUS_ACCESS_DENIED", detection)


@needs_sane
@fault("scanner", "busy with nobody there", BY_TEST, "degraded", "device-busy")
def test_a_scanner_that_stays_busy_is_said(
    begin: Begin, tmp_path: Path, detection: Detection
) -> None:
    trial(begin, tmp_path / "d", "SANE_STATUS_DEVICE_BUSY", detection)


@needs_sane
def test_no_document_and_a_busy_moment_are_no_faults(begin: Begin, tmp_path: Path) -> None:
    drivers = sane.scanner(tmp_path / "d", "SANE_STATUS_NO_DOCS")
    look = begin(device="test:0", trial_scan=True, sane_dir=str(drivers))
    state = look(is_deep=True)
    assert (state.health, state.facts["documents"]) == (Health.OK, "none")
    sane.scanner(drivers, "SANE_STATUS_DEVICE_BUSY")
    state = look(is_deep=True)
    assert (state.health, state.facts["busy"]) == (Health.OK, True)


@needs_sane
def test_in_a_session_the_scanner_is_left_alone(begin: Begin, tmp_path: Path) -> None:
    drivers = sane.scanner(tmp_path / "d", "SANE_STATUS_JAMMED")
    look = begin(device="test:0", trial_scan=True, sane_dir=str(drivers))
    state = look(in_session=True, is_deep=True)
    assert (state.health, state.reasons) == (Health.UNKNOWN, ("not-measured",))
    assert look(is_deep=True).reasons == ("jammed",)


@needs_sane
def test_without_being_asked_no_trial_is_made(begin: Begin, tmp_path: Path) -> None:
    drivers = sane.scanner(tmp_path / "d", "SANE_STATUS_JAMMED")
    assert begin(device="test:0", trial_scan=True, sane_dir=str(drivers))().health is Health.OK


@needs_sane
def test_only_the_declared_driver_is_asked(tmp_path: Path) -> None:
    folder = driver.only("test", tmp_path)
    done = subprocess.run(
        [driver.SCANIMAGE, "-d", "test:0", "-n"],
        env={"SANE_CONFIG_DIR": f"{folder}:{sane.DRIVERS}", "SANE_DEBUG_DLL": "4"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    added = [line for line in done.stderr.splitlines() if "adding backend" in line]
    assert [line.rpartition(" ")[2] for line in added] == ["`test'"]


@needs_sane
@fault("scanner", "shared, its server ends", "saned is ended", "missing", "offline")
def test_a_shared_scanner_whose_server_ends_is_offline(
    begin: Begin, saned: sane.Saned, detection: Detection
) -> None:
    look = begin(device=saned.device, every_s=0.01)
    assert look().health is Health.OK
    detection.begins()
    saned.stop()
    detection.ends(look())


def broken(begin: Begin, scanner: escl.Scanner, state: str, adf: str, detection: Detection) -> None:
    """A network scanner is fine, has a fault, and is fine again."""
    look = begin(url=scanner.url, every_s=0.01)
    assert look().health is Health.OK
    detection.begins()
    scanner.state, scanner.adf = state, adf
    detection.ends(look())
    scanner.state, scanner.adf = "Idle", "ScannerAdfLoaded"
    state_now = look()
    assert (state_now.health, state_now.facts["documents"]) == (Health.OK, "loaded")


@fault("scanner", "network, out of service", "eSCL server: State Down", "failed", "down")
def test_a_network_scanner_that_is_down_is_said(
    begin: Begin, network_scanner: escl.Scanner, detection: Detection
) -> None:
    broken(begin, network_scanner, "Down", "ScannerAdfEmpty", detection)


@fault("scanner", "network, stopped", "eSCL server: State Stopped", "failed", "stopped")
def test_a_network_scanner_that_stopped_is_said(
    begin: Begin, network_scanner: escl.Scanner, detection: Detection
) -> None:
    broken(begin, network_scanner, "Stopped", "ScannerAdfEmpty", detection)


@fault("scanner", "network, feeder jam", "eSCL server: AdfState Jam", "failed", "jammed")
def test_a_jam_in_a_network_scanner_is_said(
    begin: Begin, network_scanner: escl.Scanner, detection: Detection
) -> None:
    broken(begin, network_scanner, "Stopped", "ScannerAdfJam", detection)


@fault("scanner", "network, feeder open", "eSCL server: HatchOpen", "failed", "cover-open")
def test_an_open_feeder_of_a_network_scanner_is_said(
    begin: Begin, network_scanner: escl.Scanner, detection: Detection
) -> None:
    broken(begin, network_scanner, "Idle", "ScannerAdfHatchOpen", detection)


@fault("scanner", "network, sheet not taken", "eSCL server: Mispick", "degraded", "mispick")
def test_a_sheet_that_was_not_taken_is_said(
    begin: Begin, network_scanner: escl.Scanner, detection: Detection
) -> None:
    broken(begin, network_scanner, "Idle", "ScannerAdfMispick", detection)


def test_a_page_that_is_no_scanners_is_not_measured(
    begin: Begin, network_scanner: escl.Scanner
) -> None:
    state = begin(url=network_scanner.url + "/elsewhere")()
    assert (state.health, state.reasons) == (Health.UNKNOWN, ("no-escl",))


_AIRSCAN = list(Path("/usr/lib").glob("*/sane/libsane-airscan.so.1"))


@needs_sane
@pytest.mark.skipif(not _AIRSCAN, reason="sane-airscan is not installed")
def test_sane_airscan_takes_our_network_scanner_for_one(
    begin: Begin, network_scanner: escl.Scanner, tmp_path: Path
) -> None:
    settings = f'[devices]\n"Lab" = {network_scanner.url}, eSCL\n[options]\ndiscovery = disable\n'
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "airscan.conf").write_text(settings)
    state = begin(device="airscan:e0:Lab", sane_dir=str(tmp_path / "drivers"))()
    assert (state.health, state.reasons) == (Health.OK, ())


@fault(
    "scanner",
    "network, switched off",
    "eSCL server ended; the whole agent runs",
    "missing",
    "offline",
)
def test_the_agent_says_that_a_network_scanner_was_switched_off(
    agent: Agent, other_end: OtherEnd, detection: Detection
) -> None:
    network_scanner = escl.Scanner()
    try:
        with agent.config.open("a") as file:
            file.write(
                '[probes]\nscanner_s = 1\n[[peripheral]]\nid = "scanner"\nkind = "scanner"\n'
                f'settings = {{ url = "{network_scanner.url}", every_s = 0.1 }}\n'
            )
        agent.start()
        other_end.wait(lambda end: end.said("scanner", Health.OK), 60)
        detection.begins()
    finally:
        network_scanner.stop()
    detection.ends(other_end.wait(lambda end: end.said("scanner", Health.MISSING), 60))
