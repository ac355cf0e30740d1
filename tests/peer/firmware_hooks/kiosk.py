"""A kiosk for one hook: a signed release with it, its peer, and runners that can be killed.

The hook's program is wrapped: told to, the wrapper stops before or after a state, or answers what
is no answer. All else is the hook as it is shipped.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from tests.peer.firmware_hooks.peering import HOOKS, Firmware, Peer
from tests.peer.region import ROOT, wait_until
from tests.signed import Maker

LIMIT_S = 60.0
_WRAPPER = """#!/bin/sh
[ "$LAB_STOP" = "$1:before" ] && { echo $$ > "$LAB_MARK.new"; mv "$LAB_MARK.new" "$LAB_MARK"
    sleep 600; }
case "$LAB_FAULT" in
"$1:garbage") printf 'no \\377 json\\n'; exit 0 ;;
"$1:wrong-json") echo '{"result": ["a", "list"]}'; exit 0 ;;
"$1:nothing") exit 0 ;;
"$1:flood") yes '{"progress": 1}' ;;
"$1:fails") echo '{"result": {"error": "made up"}}'; exit 1 ;;
"$1:hangs") sleep 600 ;;
esac
"$0.real" "$@" || exit $?
[ "$LAB_STOP" = "$1:after" ] && { echo $$ > "$LAB_MARK.new"; mv "$LAB_MARK.new" "$LAB_MARK"
    sleep 600; }
exit 0
"""


class Kiosk:
    """`folder` must be open to all: hooks run as nobody."""

    def __init__(self, folder: Path, name: str, peer: Peer) -> None:
        self.folder, self.name, self.peer = folder, name, peer
        self.state, self.mark = folder / "state", folder / "marks" / "mark"
        self.maker = Maker(folder / "releases", folder / "keys")
        self.mark.parent.mkdir(mode=0o777)
        self.mark.parent.chmod(0o777)

    def release(self, name: str, firmware: Firmware, limits: str = "") -> Path:
        """A release that brings this firmware, with the old one to go back to."""
        folder = self.maker.releases / name
        shutil.rmtree(folder, ignore_errors=True)
        for one in (self.name, "lib"):
            shutil.copytree(
                HOOKS / one,
                folder / "hooks/v1" / one,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        home = folder / "hooks/v1" / self.name
        (home / self.name).rename(home / f"{self.name}.real")
        (home / self.name).write_text(_WRAPPER)
        (home / self.name).chmod(0o755)
        with (home / "quirks.toml").open("a") as quirks:
            quirks.write(self.peer.quirks)
        if limits:
            told = (home / "hook.toml").read_text().partition("[limits_s]")[0]
            (home / "hook.toml").write_text(f"{told}\n[limits_s]\n{limits}\n")
        old = self.peer.old
        index = [
            f'file = "{firmware.file}"',
            f'version = "{firmware.version}"',
            f'previous = {{file = "{old.file}", version = "{old.version}"}}',
            *(f'{key} = "{value}"' for key, value in self.peer.match.items()),
        ]
        (folder / "firmware").mkdir()
        for one in (old, firmware):
            (folder / "firmware" / one.file).write_bytes(one.content)
        (folder / "firmware/index.toml").write_text("\n".join(["[[firmware]]", *index, ""]))
        return self.maker.sign(name)

    def run(self, verb: str, *, fault: str = "") -> dict[str, Any]:
        """A verb of `vigie-agent firmware`, to its end."""
        with self._start(verb, fault=fault) as process:
            out, err = process.communicate(timeout=LIMIT_S)
        assert out.strip(), err.decode()
        return dict(json.loads(out))

    def apply(self, *, fault: str = "") -> dict[str, Any]:
        """How the one update ended."""
        told = self.run("apply", fault=fault)
        assert "done" in told, told
        (done,) = told["done"]
        return dict(done)

    def stopped(self, stop: str) -> "subprocess.Popen[bytes]":
        """An update that stands still: "flash:before", "flash:after", ..."""
        self.mark.unlink(missing_ok=True)
        process = self._start("apply", stop=stop)
        wait_until(
            lambda: self.mark.exists() or process.poll() is not None, f"it is at {stop}", LIMIT_S
        )
        assert self.mark.exists(), process.communicate()
        return process

    def kill(self, process: "subprocess.Popen[bytes]", *, also_hook: bool = True) -> None:
        """The runner, and the hook with all that it has started; no word to either."""
        process.kill()
        if also_hook:
            self.kill_hook()
        process.communicate()

    def kill_hook(self) -> None:
        """The hook that stands still; its runner lives."""
        with suppress(ProcessLookupError):
            os.killpg(int(self.mark.read_text()), signal.SIGKILL)

    def cut_power(self, process: "subprocess.Popen[bytes]") -> None:
        """Nothing is left but the disk as it was at this instant, and the device."""
        kept = self.folder / "disk"
        shutil.copytree(self.state, kept)
        self.kill(process)
        shutil.rmtree(self.state)
        for path in kept.rglob("*"):
            if path.suffix in (".out", ".request"):  # of these nobody waited for the disk
                path.write_bytes(b"")
        kept.rename(self.state)

    def _start(self, verb: str, *, fault: str = "", stop: str = "") -> "subprocess.Popen[bytes]":
        environ = {
            **self.peer.environ,
            "LAB_FAULT": fault,
            "LAB_STOP": stop,
            "LAB_MARK": str(self.mark),
        }
        told = {
            "folder": str(self.state),
            "releases": str(self.maker.releases),
            "keys": str(self.maker.keys),
            "sys": str(self.peer.sys),
            "environ": environ,
            "peripherals": msgspec.to_builtins(self.peer.peripherals),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.peer.firmware_hooks.running", verb, json.dumps(told)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
