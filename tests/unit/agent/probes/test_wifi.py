"""Wi-Fi, on what `iw` says and what the kernel shows."""

from pathlib import Path

import pytest

from agent.config import Peripheral
from agent.probes import wifi
from agent.probes.wifi import Link
from contract.health import Health
from tests.faults import Detection, fault

CONNECTED = """Connected to 02:00:00:00:00:00 (on wlan0)
\tSSID: Mairie d'Ambert
\tfreq: 2412
\tRX: 18340 bytes (201 packets)
\tTX: 3001 bytes (24 packets)
\tsignal: {signal} dBm
\trx bitrate: 58.5 MBit/s MCS 6
\ttx bitrate: 65.0 MBit/s MCS 7
"""
ITEM = Peripheral("wifi", "wifi")


class Radio:
    """A Wi-Fi interface in a make-believe /sys, and what `iw` says of it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.iw = root / "iw"
        self.say(CONNECTED.format(signal=-52))
        self.interface = root / "class/net/wlan0"
        self.switch = self.interface / "phy80211/rfkill0"
        self.switch.mkdir(parents=True)
        (self.switch / "hard").write_text("0\n")
        (self.switch / "soft").write_text("0\n")
        monkeypatch.setattr(wifi, "_SYS", root)
        monkeypatch.setattr(wifi, "_IW", str(self.iw))

    def say(self, text: str) -> None:
        """What the stand-in for `iw` prints from now on."""
        self.iw.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\n")
        self.iw.chmod(0o755)


@pytest.fixture
def radio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Radio:
    return Radio(tmp_path, monkeypatch)


def test_what_iw_says_is_read() -> None:
    assert wifi.parse(CONNECTED.format(signal=-52)) == Link("Mairie d'Ambert", -52.0, 65.0, 2412.0)
    assert wifi.parse("Not connected.\n") == Link()


def test_a_good_signal_is_ok(radio: Radio) -> None:
    state = wifi.look(ITEM, "wlan0", ())
    assert (state.health, state.metrics["signal_dbm"]) == (Health.OK, -52.0)
    assert state.facts["wifi_network"] == "Mairie d'Ambert"


@fault("wifi", "weak signal", "`iw` says -80 dBm", "degraded", "signal-low")
def test_a_weak_signal_degrades(radio: Radio, detection: Detection) -> None:
    detection.begins()
    radio.say(CONNECTED.format(signal=-80))
    detection.ends(wifi.look(ITEM, "wlan0", ()))


@fault("wifi", "not at its access point", "`iw` says not connected", "failed", "not-associated")
def test_without_an_access_point_it_has_failed(radio: Radio, detection: Detection) -> None:
    detection.begins()
    radio.say("Not connected.\n")
    detection.ends(wifi.look(ITEM, "wlan0", ()))


@fault("wifi", "radio switched off", "rfkill's hard switch is set", "failed", "radio-off")
def test_a_radio_that_is_off_is_said(radio: Radio, detection: Detection) -> None:
    detection.begins()
    (radio.switch / "hard").write_text("1\n")
    detection.ends(wifi.look(ITEM, "wlan0", ()))


@fault("wifi", "unplugged", "its interface is gone from /sys", "missing", "not-connected")
def test_an_interface_that_is_gone_is_missing(radio: Radio, detection: Detection) -> None:
    detection.begins()
    radio.interface.rename(radio.interface.with_name("wlan1"))
    detection.ends(wifi.look(ITEM, "wlan0", ()))


def test_a_signal_that_is_hardly_better_is_still_weak() -> None:
    assert wifi.judge(Link("x", -73.0), ("signal-low",)).reasons == ("signal-low",)
    assert wifi.judge(Link("x", -73.0), ()).reasons == ()


def test_without_iw_it_is_not_measured(radio: Radio) -> None:
    radio.iw.unlink()
    state = wifi.look(ITEM, "wlan0", ())
    assert (state.health, state.reasons) == (Health.UNKNOWN, ("not-measured",))
    assert state.facts["needs"] == "iw"
