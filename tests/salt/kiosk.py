"""A kiosk's folder with a real minion, set up by the real agent, and a service in small."""

import sys
import threading
from pathlib import Path

from agent import minion as files
from agent import minionlife, minionrepair
from agent.config import Config, Minion
from agent.configfile import load
from agent.enrol import enrol
from tests.salt.stage import PROGRAMS, Stage

NEVER = threading.Event()
#: What a machine of its own need not hurry with; and all of Salt's under one folder.
MORE = """root_dir: "{root}"
conf_file: "{root}/etc/salt/minion"
log_file: "{root}/minion.log"
log_level_logfile: quiet
acceptance_wait_time: 1
random_reauth_delay: 1
recon_default: 100
recon_max: 500
recon_randomize: False
"""
KEEPER = Path(__file__).parent / "keeper.py"


class Machine:
    """A kiosk's folder: what is /etc/vigie and /etc/salt elsewhere, and a service in small."""

    def __init__(self, stage: Stage, kiosk: str) -> None:
        self.stage, self.kiosk = stage, kiosk
        self.root = stage.folder / f"k-{kiosk}"
        self.etc = self.root / "etc" / "salt"
        (self.etc / "minion.d").mkdir(parents=True)
        (self.etc / "minion.d" / "00-here.conf").write_text(MORE.format(root=self.root))
        self.place = Minion(self.etc, PROGRAMS, self.root / "minion.pid", self.service("restart"))
        stage.region.plant(kiosk)

    def service(self, order: str) -> tuple[str, ...]:
        """What restarts the minion, or stops it."""
        program = (str(PROGRAMS / "salt-minion"), "-c", str(self.etc))
        return (sys.executable, str(KEEPER), order, str(self.root), *program)

    @property
    def config(self) -> Config:
        """As enrolment wrote it."""
        return load(self.root / "vigie" / "agent.toml")

    def enrol(self) -> None:
        """`vigie-agent enrol`, with a new token."""
        token = self.stage.region.vigie("enrol-token", self.kiosk).split()[1]
        toml = self.root / "vigie" / "agent.toml"
        enrol(self.stage.region.door, token, toml, self.place)
        if "state_dir" not in toml.read_text():
            toml.write_text(f'state_dir = "{self.root / "state"}"\n{toml.read_text()}')
        (self.root / "state").mkdir(exist_ok=True)

    def start(self) -> None:
        """The minion's service."""
        minionlife.restart(self.place)

    def stop(self) -> None:
        """The service, for good."""
        minionlife.restart(Minion(restart=self.service("stop")))

    def is_connected(self) -> bool:
        """By what the agent says."""
        return self.connected() is not None

    def connected(self, within_s: float = 0.0) -> int | None:
        """The minion's process, once it has reached the master."""
        port = self.stage.config.salt.publish_port
        return minionlife.wait_connected(self.place, port, within_s, NEVER)

    def repair(self) -> minionrepair.Repaired:
        """What the command does."""
        return minionrepair.repair(self.config, lambda *_: None, NEVER)

    def master_has(self) -> str:
        """The key that the master has of it; empty: none."""
        path = self.stage.salt / "pki" / "minions" / self.kiosk
        return path.read_text() if path.exists() else ""

    def holds(self) -> str:
        """The public half of the key that Salt is given here."""
        return files.public(self.etc / "pki" / "minion" / "minion.pem")

    def log(self) -> str:
        """What the minion has said."""
        path = self.root / "salt.log"
        return path.read_text(errors="replace") if path.exists() else ""
