"""A real Icinga 2 that runs one check each second and writes down what came of it."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.peer.region import wait_until

ICINGA = Path("/usr/sbin/icinga2")
SHIPPED = Path(__file__).parents[4] / "deploy" / "icinga"
PLUGIN = SHIPPED / "check_vigie"

_CONFIGURATION = """
include <itl>
const PluginDir = "{folder}/plugins"
const NodeName = "test"
object CheckerComponent "checker" {{ }}
object PerfdataWriter "perfdata" {{
  host_perfdata_path = "{folder}/results/host"
  host_temp_path = "{folder}/host"
  service_perfdata_path = "{folder}/results/service"
  service_temp_path = "{folder}/service"
  rotation_interval = 1s
  service_format_template = "$service.state$\\t$service.output$\\t$service.perfdata$"
}}
include "{shipped}/icinga2.conf"
object Host "region" {{ check_command = "dummy" }}
object Service "vigie" {{
  host_name = "region"
  check_command = "vigie"
  check_interval = 1s
{variables}
}}
"""
_FOLDERS = ("CacheDir", "DataDir", "LogDir", "InitRunDir", "SpoolDir")
_FILES = ("PidPath", "StatePath", "ModAttrPath", "VarsPath", "ObjectsPath")


class Result(NamedTuple):
    """One check as Icinga took it."""

    state: str
    output: str
    data: str


class Icinga:
    """Use as a context manager; `variables` are those of the shipped check command."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._folder = folder
        for name in ("plugins", "results", *_FOLDERS):
            (folder / name).mkdir(parents=True)
        shutil.copy(PLUGIN, folder / "plugins")
        given = "\n".join(f'  vars.{name} = "{value}"' for name, value in variables.items())
        (folder / "icinga2.conf").write_text(
            _CONFIGURATION.format(folder=folder, shipped=SHIPPED, variables=given)
        )

    def __enter__(self) -> Self:
        places = [f"-DConfiguration.{name}={self._folder / name}" for name in (*_FOLDERS, *_FILES)]
        users = ["-DConfiguration.RunAsUser=root", "-DConfiguration.RunAsGroup=root"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(ICINGA), "daemon", "-c", str(self._folder / "icinga2.conf"), *users, *places],
                env={**os.environ, "ICINGA2_USER": "root", "ICINGA2_GROUP": "root"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def result(self) -> Result:
        """The first check's; waits for it."""
        wait_until(lambda: bool(self._lines()), f"a check: {self._folder / 'log'}", 60)
        return Result(*self._lines()[0].split("\t"))

    def _lines(self) -> list[str]:
        written = (self._folder / "results").glob("service*")
        return [line for path in sorted(written) for line in path.read_text().splitlines()]
