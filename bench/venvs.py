"""Python environments of their own for what is measured, kept in .bench/ from one run to the next.

The developers' .venv would not do: an editable install loads a finder at each start, and libraries
behave otherwise beside others.
"""

import configparser
import subprocess
from pathlib import Path

from bench.errors import BenchError

ROOT = Path(__file__).parents[1]
_FOLDER = ROOT / ".bench"
#: The system's, as in scripts/setup.
_PYTHON = "/usr/bin/python3"
_INSTALL_S = 900.0


def python(name: str, *requirements: str) -> Path:
    """The interpreter of the environment `name`, made or brought up to date. Raises BenchError."""
    folder, wanted = _FOLDER / name, "\n".join(requirements)
    interpreter, stamp = folder / "bin" / "python", folder / "requirements.txt"
    if not (stamp.exists() and stamp.read_text() == wanted):
        _run(_PYTHON, "-m", "venv", str(folder))
        quiet = ("--quiet", "--disable-pip-version-check")
        _run(str(interpreter), "-m", "pip", "install", *quiet, *requirements)
        stamp.write_text(wanted)
    return interpreter


def agent_requirements() -> tuple[str, ...]:
    """What setup.cfg installs on a kiosk."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup["options"]["install_requires"] + setup["options.extras_require"]["agent"]
    return tuple(line.replace(" ", "") for line in lines.splitlines() if line)


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_INSTALL_S, check=False, cwd=ROOT
    )
    if done.returncode:
        raise BenchError(f"{' '.join(command[:4])}: {done.stderr.strip()[-300:]}")
