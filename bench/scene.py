"""Where the agent is measured: a region with its broker and ingest, and kiosks at their lines."""

import os
import shlex
from contextlib import ExitStack
from pathlib import Path

from bench import venvs
from bench.cable import Cable
from bench.names import Names
from bench.programs import Program, Programs
from tests.peer.region import Region, wait_until

NAME = "vigie.bench.example"
KEEPALIVE_S = 60
_LINES = 2
_KIOSKS = ("pvp-bench-1", "pvp-bench-2", "pvp-bench-3")
_UNIT = venvs.ROOT / "deploy" / "systemd" / "vigie-agent.service"

#: As the command line that a package installs.
AGENT = ("-c", "import sys; from agent.cli import main; sys.exit(main())", "run", "--config")
HURRIED = ("-m", "bench.hurried")
BARE = ("-c", "import time; time.sleep(3600)")
_FLOOR = "from bench.floor import hold; hold({port}, {certificate!r}, {key!r}, {ca!r}, {keepalive})"

TOML = """\
kiosk = "{kiosk}"
state_dir = "state"
[broker]
host = "{name}"
port = {port}
ca = "{papers.ca}"
certificate = "{papers.certificate}"
key = "{papers.key}"
keepalive_s = {keepalive}
"""


class Scene:
    """`held` closes it all. Raises BenchError, as without root, when a line cannot be laid."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.programs = held.enter_context(Programs(folder))
        self.lines = [held.enter_context(Cable(number, folder)) for number in range(_LINES)]
        for line in self.lines:
            held.enter_context(Names(line.controller))
        self._folder = folder
        self._python = venvs.python("agent", *venvs.agent_requirements())
        self._environment = agent_environment(self._python)
        self.python("floor-compiled", "-c", "import bench.floor").wait()
        self._region = region = held.enter_context(Region(folder, f'public_host = "{NAME}"\n'))
        _listen_on_all(region)
        self._papers = region.enrol(*_KIOSKS)
        region.start_broker()
        region.start("ingest")
        # Its session must be there before a kiosk speaks, or what it says waits for nobody.
        wait_until(lambda: "connected" in region.log("ingest"), region.log("ingest"))

    def agent(self, number: int, *command: str) -> Program:
        """A kiosk's agent at the line of that number; `command` is what Python is to run."""
        kiosk = _KIOSKS[number]
        folder = self._folder / kiosk
        folder.mkdir()
        toml = TOML.format(
            kiosk=kiosk,
            name=NAME,
            port=self._region.broker_port,
            papers=self._papers[kiosk],
            keepalive=KEEPALIVE_S,
        )
        config = folder / "agent.toml"
        config.write_text(toml)
        words = [str(config) if word == "CONFIG" else word for word in command]
        command_line = self.lines[number].at_kiosk([str(self._python), *words])
        program = self.programs.start(kiosk, command_line, self._environment)
        program.wait_for("connected to")
        return program

    def python(self, name: str, *command: str) -> Program:
        """The agent's interpreter as anybody starts it: the unit's tuning is the agent's merit."""
        return self.programs.start(name, [str(self._python), *command], _plain())

    def floor(self) -> Program:
        """The least that keeps a connection."""
        papers = self._papers[_KIOSKS[-1]]
        code = _FLOOR.format(
            port=self._region.broker_port,
            certificate=str(papers.certificate),
            key=str(papers.key),
            ca=str(papers.ca),
            keepalive=KEEPALIVE_S,
        )
        return self.python("floor", "-c", code)


def unit_environment(unit: str) -> dict[str, str]:
    """What a systemd unit sets by `Environment=`.

    >>> unit_environment("[Service]\\nEnvironment=A=1 B=2\\n")
    {'A': '1', 'B': '2'}
    """
    pairs: dict[str, str] = {}
    for line in unit.splitlines():
        name, _, value = line.partition("=")
        if name == "Environment":
            pairs |= dict(word.split("=", 1) for word in shlex.split(value))
    return pairs


def agent_environment(python: Path) -> dict[str, str]:
    """The unit's; compiled files are kept beside the interpreter `python`."""
    unit, compiled = unit_environment(_UNIT.read_text()), python.parents[1] / "compiled"
    return {**_plain(), **unit, "PYTHONPYCACHEPREFIX": str(compiled)}


def _plain() -> dict[str, str]:
    """Ours, without what a developer tells Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _listen_on_all(region: Region) -> None:
    """A region of the tests listens on the loopback, where no kiosk's line ends."""
    toml = region.home / "vigie.toml"
    toml.write_text(toml.read_text().replace('listen = "127.0.0.1"\n', ""))
    region.vigie("init")
