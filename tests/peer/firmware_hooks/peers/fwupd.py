"""fwupd itself with its test devices, on a bus and in folders of its own.

Its webcam begins with 1.2.2 and takes any archive. It comes out as 1.2.3 of all but 1.2.2.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.config import Peripheral
from tests.peer.agent.bus import Bus, is_installed
from tests.peer.firmware_hooks.peering import Firmware
from tests.peer.region import wait_until

GUID = "b585990a-003e-5270-89d5-3705a17f9a43"
_DAEMON = "/usr/libexec/fwupd/fwupd"
_TOOL, _MANAGER = "/usr/bin/fwupdtool", "/usr/bin/fwupdmgr"
CONFIG = "[fwupd]\nTestDevices=true\nOnlyTrusted=false\nIdleTimeout=0\n"
_METAINFO = """<?xml version="1.0" encoding="UTF-8"?>
<component type="firmware">
  <id>com.acme.test.firmware</id><name>Webcam</name><summary>Test webcam</summary>
  <description><p>Test.</p></description>
  <provides><firmware type="flashed">{guid}</firmware></provides>
  <url type="homepage">http://www.acme.com</url>
  <metadata_license>CC0-1.0</metadata_license><project_license>proprietary</project_license>
  <developer_name>ACME Corp.</developer_name>
  <releases><release urgency="high" version="{version}" date="2026-01-01">
    <description><p>New.</p></description></release></releases>
  <custom><value key="LVFS::VersionFormat">triplet</value>
    <value key="LVFS::UpdateProtocol">com.acme.test</value></custom>
</component>
"""


def cabinet(folder: Path, version: str) -> Firmware:
    """An archive as vendors give it to fwupd, made by its own tool."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "firmware.bin").write_text(f"firmware {version}")
    (folder / "x.metainfo.xml").write_text(_METAINFO.format(guid=GUID, version=version))
    name = f"webcam-{version}.cab"
    subprocess.run(
        [_TOOL, "build-cabinet", name, "firmware.bin", "x.metainfo.xml"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return Firmware(name, (folder / name).read_bytes(), version)


class Peer:
    """See peering.Peer."""

    def __init__(self, folder: Path) -> None:
        if not Path(_DAEMON).exists() or not is_installed():
            pytest.skip("fwupd is not installed")
        self._folder = folder / "fwupd"
        self._bus = Bus(self._folder)
        for name in ("etc", "state", "cache"):
            (self._folder / name).mkdir()
        (self._folder / "etc" / "fwupd.conf").write_text(CONFIG)
        self.environ: Mapping[str, str] = {
            **self._bus.environ,
            "CONFIGURATION_DIRECTORY": str(self._folder / "etc"),
            "STATE_DIRECTORY": str(self._folder / "state"),
            "CACHE_DIRECTORY": str(self._folder / "cache"),
        }
        self._process = subprocess.Popen(
            [_DAEMON],
            env={**os.environ, **self.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.quirks = ""
        self.peripherals: tuple[Peripheral, ...] = ()
        self.match = {"guid": GUID}
        self.sys = Path("/nowhere")
        versions = ("1.2.2", "1.2.3", "1.2.4")
        self.old, self.new, self.wrong = (cabinet(self._folder / one, one) for one in versions)
        wait_until(lambda: self.version() == "1.2.2", "fwupd shows its test device", 30)

    def version(self) -> str:
        done = self._manage("get-devices", "--json")
        listed = json.loads(done.stdout)["Devices"] if done.returncode == 0 else []
        return next((one["Version"] for one in listed if GUID in one["Guid"]), "")

    def reset(self) -> None:
        archive = self._folder / "1.2.2" / self.old.file
        if self.version() != "1.2.2":
            done = self._manage("local-install", str(archive), "-y", "--allow-older", "--json")
            assert done.returncode == 0, done.stdout

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._bus.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _manage(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [_MANAGER, *command],
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
