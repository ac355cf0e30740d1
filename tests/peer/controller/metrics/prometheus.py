"""A real Prometheus on loopback that scrapes one address."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.peer.region import free_port, is_open, wait_until

PROMETHEUS = Path("/usr/bin/prometheus")
PROMTOOL = Path("/usr/bin/promtool")
RULES = Path(__file__).parents[4] / "deploy" / "prometheus" / "vigie.rules.yml"

_CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: vigie
    authorization: {{credentials_file: {token}}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Prometheus:
    """Use as a context manager; it answers when that is entered."""

    def __init__(self, folder: Path, port: int, token: Path) -> None:
        self._folder = folder
        self._port = free_port()
        folder.mkdir()
        self._config = folder / "prometheus.yml"
        self._config.write_text(_CONFIGURATION.format(rules=RULES, token=token, port=port))

    def __enter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(PROMETHEUS),
                    f"--config.file={self._config}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: is_open(self._port), f"prometheus: {self._folder / 'log'}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, query: str) -> dict[tuple[tuple[str, str], ...], float]:
        """The values of an instant query, by their labels."""
        answer = httpx.get(
            f"http://127.0.0.1:{self._port}/api/v1/query", params={"query": query}, timeout=10
        )
        if answer.status_code != 200:  # it is starting
            return {}
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in found}

    def targets(self) -> list[dict[str, Any]]:
        """What is scraped, and how that went."""
        answer = httpx.get(f"http://127.0.0.1:{self._port}/api/v1/targets", timeout=10)
        active: list[dict[str, Any]] = answer.json()["data"]["activeTargets"]
        return active
