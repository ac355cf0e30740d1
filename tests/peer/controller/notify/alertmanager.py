"""A real Prometheus Alertmanager on loopback, asked by its own `amtool`."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.peer.region import free_port, is_open, wait_until

ALERTMANAGER = Path("/usr/bin/prometheus-alertmanager")
AMTOOL = Path("/usr/bin/amtool")
_CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


def is_installed() -> bool:
    """Whether Debian's package is there."""
    return ALERTMANAGER.exists() and AMTOOL.exists()


class Alertmanager:
    """Use as a context manager; it answers when that is entered."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        folder.mkdir()
        (folder / "alertmanager.yml").write_text(_CONFIGURATION)

    def __enter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(ALERTMANAGER),
                    f"--config.file={self._folder / 'alertmanager.yml'}",
                    f"--storage.path={self._folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: is_open(self.port), f"alertmanager: {self._folder / 'log'}")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds for open, as amtool prints it."""
        done = subprocess.run(
            [str(AMTOOL), f"--alertmanager.url={self.url}", "alert", "query", "--output=json"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
