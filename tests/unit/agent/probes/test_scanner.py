"""What a scanner says, as scanimage and eSCL write it, and what is made of it."""

import json
from pathlib import Path

import pytest

from agent.config import Match, Peripheral
from agent.errors import ConfigError
from agent.probes import escl, sane, scanner
from agent.program import Done
from contract.health import Health
from tests.agents import config

SENSORS = """
All options specific to device `epjitsu:libusb:001:006':
  Scan Mode:
    --source ADF Front|ADF Back|ADF Duplex [ADF Front]
        Selects the scan source (such as a document-feeder).
  Sensors:
    --scan[=(yes|no)] [no] [hardware]
        Scan button
    --page-loaded[=(yes|no)] [{loaded}] [hardware]
        Page loaded
    --cover-open[=(yes|no)] [{opened}] [hardware]
        Cover open
"""
REFUSED = (
    "Output format is not set, using pnm as a default.\nscanimage: open of device {} failed: {}"
)


def sensors(loaded: str, opened: str) -> Done:
    return Done(0, SENSORS.format(loaded=loaded, opened=opened), "")


def refused(device: str, words: str) -> Done:
    return Done(1, "", REFUSED.format(device, words))


def test_a_sensor_tells_of_an_open_cover_without_a_scan() -> None:
    finding = sane.judge(sane.parse(sensors("yes", "yes")), is_remote=False).finding
    assert (finding.health, finding.reasons) == (Health.FAILED, ("cover-open",))


@pytest.mark.parametrize(("loaded", "documents"), [("yes", "loaded"), ("no", "none")])
def test_sensors_tell_whether_documents_are_in(loaded: str, documents: str) -> None:
    finding = sane.judge(sane.parse(sensors(loaded, "no")), is_remote=False).finding
    assert (finding.health, finding.facts) == (Health.OK, {"documents": documents})


def test_a_scanner_that_is_plugged_in_and_unknown_to_its_driver_has_no_driver() -> None:
    answer = sane.parse(refused("genesys:libusb:001:004", "Invalid argument"))
    assert sane.judge(answer, is_remote=False).finding.reasons == ("no-driver",)
    assert not sane.judge(answer, is_remote=True).is_there


def test_an_agent_that_may_not_open_a_scanner_says_nothing_of_it() -> None:
    answer = sane.parse(refused("x:1", "Access to resource has been denied"))
    assert sane.judge(answer, is_remote=False, is_root=False).finding.health is Health.UNKNOWN
    assert sane.judge(answer, is_remote=True, is_root=False).finding.health is Health.FAILED


@pytest.mark.parametrize(
    "done",
    [
        refused("x:1", "Something else"),
        Done(2, "", "scanimage: sane_start: Operation was canceled"),
        Done(139, "", ""),
    ],
)
def test_words_we_do_not_know_are_no_health(done: Done) -> None:
    finding = sane.judge(sane.parse(done), is_remote=False).finding
    assert (finding.health, finding.reasons) == (Health.UNKNOWN, ("not-measured",))


def answer(body: str, status: int = 200) -> escl.Look:
    return escl.judge(escl.parse(json.dumps({"status": status, "body": body})))


def test_a_stopped_scanner_says_why_rather_than_that_it_stopped() -> None:
    page = "<p:State>Stopped</p:State><s:AdfState> ScannerAdfJam </s:AdfState>"
    assert answer(page).finding.reasons == ("jammed",)


def test_jobs_are_not_taken_for_the_scanners_own_state() -> None:
    page = "<a:State>Idle</a:State><a:JobState>Aborted</a:JobState>"
    finding = answer(page).finding
    assert (finding.health, finding.facts) == (Health.OK, {"escl_state": "idle"})


def test_a_scanner_at_work_is_busy_and_well() -> None:
    for look in (answer("<a:State>Processing</a:State>"), answer("", 503)):
        assert (look.is_busy, look.finding.health) == (True, Health.OK)


def test_a_page_that_explodes_is_only_a_page_without_a_state() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "Idle">]><p:State>&a;</p:State>'
    assert answer(bomb).finding.reasons == ("no-escl",)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"device": "--help\n"}, "settings.device"),
        ({"url": "ftp://192.0.2.7"}, "settings.url"),
        ({"urls": "http://192.0.2.7/eSCL"}, "urls"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, told: dict[str, str], named: str) -> None:
    item = Peripheral("scanner", "scanner", match=Match(), settings=told)
    kiosk = config(tmp_path)
    with pytest.raises(ConfigError, match=named):
        scanner.probe(type(kiosk)(kiosk.kiosk, kiosk.broker, peripherals=(item,)))
