"""What a demonstration needs before it can run: controller, people, kiosks, certificates.

Each step looks whether it was done before, so that a start that was cut short is simply repeated.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator import region
from simulator.demo import alerting
from simulator.demo.api import Api
from simulator.demo.children import run
from simulator.demo.inbox import Inbox
from simulator.demo.layout import HERE, HOST, Layout, Ports
from simulator.errors import DemoError
from simulator.identity import identity

_DATA = Path(__file__).parent.parent
REGION, SERVICES = _DATA / "region.csv", _DATA / "services.csv"
#: The kiosk of the region that is this very machine, with the real agent.
REAL = "pvp-63415-1"
LOGINS = (
    ("lecture", "viewer"),
    ("technique", "technician"),
    ("admin", "administrator"),
)
#: In the state folder: what people edit later is not overwritten.
_IMPORTED, _ALERTING = "region-imported", "alerting-laid"

_VIGIE_TOML = """\
# Written by ./scripts/demo at each start.
[web]
host = "{here}"
port = {ports.web}

[kiosk_door]
host = "{here}"
port = {ports.door}
names = ["{host}"]

[broker]
host = "{host}"
listen = "{here}"
port = {ports.broker}
"""
_SALT_TOML = """
[salt]
is_managed = true
programs = "{programs}"
listen = "{here}"
public_host = "{here}"
publish_port = {ports.publish}
return_port = {ports.returns}
api_port = {ports.real_api}
url = "https://{host}:{ports.api}"   # of the simulated minions, before the real master
"""
_SALT = Path(__file__).parents[2] / ".salt" / "bin"
_AGENT_TOML = """\
# Written by ./scripts/demo at each start.
kiosk = "{kiosk}"
state_dir = "state"

[broker]
host = "{host}"
port = {ports.broker}
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"

[power]
method = "simulated"   # a reboot restarts the agent with a new boot id, not this machine
"""


@dataclass(frozen=True, slots=True)
class Login:
    """One person of the demonstration."""

    name: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What every step needs. `say` prints a line of progress."""

    layout: Layout
    ports: Ports
    environment: Mapping[str, str]
    say: Callable[[str], None]
    with_salt: bool = False

    @property
    def door(self) -> str:
        """The kiosks' door."""
        return f"https://{HOST}:{self.ports.door}"

    def token(self) -> str:
        """The administrator's, for the API, for a day. Raises DemoError."""
        words = ("user", "token", "admin", "--name", "demo", "--valid-for", "1d")
        return self.vigie(*words).strip()

    def vigie(self, *words: str, given: str = "") -> str:
        """Run the controller's command line; answers what it printed. Raises DemoError."""
        log = self.layout.log("setup")
        return run([program("vigie"), *words], self.environment, log, given=given)


def program(name: str) -> str:
    """The command `name` of the environment that runs us."""
    return str(Path(sys.executable).with_name(name))


def lay_controller(setting: Setting) -> tuple[Login, ...]:
    """Home, tables, people and the region's kiosks; answers who can log in."""
    home = setting.layout.home
    home.mkdir(mode=0o700, exist_ok=True)
    toml = _VIGIE_TOML.format(here=HERE, host=HOST, ports=setting.ports)
    if setting.with_salt:
        toml += _SALT_TOML.format(here=HERE, host=HOST, ports=setting.ports, programs=_SALT)
    (home / "vigie.toml").write_text(toml)
    setting.say("laying the controller: authority, certificates, tables")
    setting.vigie("init", "--name", HOST)
    logins = _logins(setting)
    marker = setting.layout.folder / _IMPORTED
    if not marker.exists():
        setting.say("importing the region's sites and kiosks")
        setting.vigie("fleet", "import", str(REGION), "--services", str(SERVICES))
        marker.touch()
    return logins


def lay_alerting(setting: Setting, api: Api, inbox: Inbox) -> None:
    """Messages come to the inbox; rules that do not keep one waiting, unless that was done."""
    alerting.open_channel(api, inbox)
    marker = setting.layout.folder / _ALERTING
    if not marker.exists():
        count = alerting.lay_rules(api)
        setting.say(
            f"{count} rules shortened for the demonstration: they fire within a minute, "
            "at any hour (as delivered: after minutes, in opening hours)"
        )
        marker.touch()


def enrol_all(setting: Setting) -> None:
    """Every kiosk gets its certificate through the kiosks' door, which must be open."""
    layout = setting.layout
    simulated = [place.kiosk for place in region.read(REGION, (REAL,))]
    wanted = [kiosk for kiosk in simulated if not identity(layout.fleet, kiosk).is_complete]
    is_new = not setting.with_salt and not (layout.agent / "kiosk.pem").exists()
    if not setting.with_salt:
        _write_agent_toml(setting)
    kiosks = [*wanted, *([REAL] if is_new else [])]
    if not kiosks:
        return
    setting.say(f"enrolling {len(kiosks)} kiosks, each with its own one-time token")
    rows = json.loads(setting.vigie("enrol-token", "--json", *kiosks))
    if wanted:
        _enrol_fleet(setting, [row for row in rows if row["kiosk"] != REAL])
    if is_new:
        token = next(row["token"] for row in rows if row["kiosk"] == REAL)
        _enrol_agent(setting, token)


def _enrol_fleet(setting: Setting, rows: list[dict[str, str]]) -> None:
    layout = setting.layout
    tokens = layout.folder / "tokens.json"
    _write_private(tokens, json.dumps(rows))
    try:
        words = ("enrol", "--door", setting.door, "--tokens", tokens, "--pki", layout.fleet)
        command = [program("vigie-simulator"), *map(str, words)]
        run(command, setting.environment, layout.log("setup"))
    finally:
        tokens.unlink()


def _enrol_agent(setting: Setting, token: str) -> None:
    layout = setting.layout
    words = ("enrol", "--controller", setting.door, "--token", token)
    config = ("--config", str(layout.agent / "agent.toml"))
    command = [program("vigie-agent"), *words, *config]
    run(command, setting.environment, layout.log("setup"))


def _write_agent_toml(setting: Setting) -> None:
    folder = setting.layout.agent
    folder.mkdir(mode=0o700, exist_ok=True)
    toml = _AGENT_TOML.format(kiosk=REAL, host=HOST, ports=setting.ports)
    (folder / "agent.toml").write_text(toml)


def _logins(setting: Setting) -> tuple[Login, ...]:
    """One person a role; made at the first start, read from the state folder later."""
    path = setting.layout.logins
    if path.exists():
        try:
            return tuple(Login(**row) for row in json.loads(path.read_bytes()))
        except (ValueError, TypeError) as err:
            raise DemoError(f"{path} is damaged ({err}): start anew with --fresh") from err
    setting.say("making one login per role")
    logins = tuple(Login(name, role, secrets.token_urlsafe(9)) for name, role in LOGINS)
    known = setting.vigie("user", "list").split()
    for login in logins:
        words = ("password", login.name)  # from a start that was cut short
        if login.name not in known:
            words = ("add", login.name, "--role", login.role)  # type: ignore[assignment]
        setting.vigie("user", *words, "--password-file", "-", given=login.password + "\n")
    rows = [{"name": one.name, "role": one.role, "password": one.password} for one in logins]
    _write_private(path, json.dumps(rows, indent=1))
    return logins


def _write_private(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.touch(0o600)
    beside.chmod(0o600)
    beside.write_text(text)
    beside.replace(path)


def environment(layout: Layout) -> dict[str, str]:
    """Of every process: ours, with the controller's home."""
    return {**os.environ, "VIGIE_HOME": str(layout.home), "PYTHONUNBUFFERED": "1"}
