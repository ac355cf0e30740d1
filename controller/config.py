"""vigie.toml: where the controller lives and whom it listens to, read and checked."""

import os
import re
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from controller.errors import ConfigError

FILE = "vigie.toml"


@dataclass(frozen=True, slots=True)
class Web:
    """The people's door. Plain HTTP is for loopback or behind a proxy that does TLS."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""  # how browsers reach it, when behind a proxy
    certificate: str = ""  # with key: serve HTTPS here
    key: str = ""
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # believed when they say who calls
    calls_per_minute: int = 600  # of one caller to the API of one web process


@dataclass(frozen=True, slots=True)
class Login:
    """How people log in, and for how long."""

    # Of whom a second factor is asked: of who has one, or also of roles from that one up.
    second_factor: str = field(
        default="optional",
        metadata={"choices": ("optional", "administrators", "technicians", "all")},
    )
    idle_minutes: int = 120
    session_hours: int = 12


@dataclass(frozen=True, slots=True)
class Oidc:
    """Logins by an OpenID Connect provider; none while `issuer` is empty."""

    issuer: str = ""
    title: str = ""  # what the button calls it; the issuer's host when empty
    client_id: str = ""
    client_secret_file: str = ""  # a public client, by PKCE alone, when empty
    scopes: str = "openid profile email"
    name_claim: str = "preferred_username"
    roles_claim: str = "groups"
    viewers: tuple[str, ...] = ()  # values of that claim, for each role
    technicians: tuple[str, ...] = ()
    administrators: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()  # of verified addresses; any when empty
    keeps_local_logins: bool = True


@dataclass(frozen=True, slots=True)
class KioskDoor:
    """Where kiosks enrol, always HTTPS with the region's own authority."""

    host: str = "0.0.0.0"  # noqa: S104 - kiosks come from outside
    port: int = 8443
    names: tuple[str, ...] = ("localhost",)  # names and addresses kiosks reach the controller by


@dataclass(frozen=True, slots=True)
class Broker:
    """The MQTT broker; with `is_managed`, `vigie up` runs Mosquitto itself."""

    host: str = "localhost"
    port: int = 8883
    is_managed: bool = True
    listen: str = ""  # the one address a managed broker listens on; all of them when empty
    public_host: str = ""  # what kiosks are told to connect to; when empty kiosk_door's first name


@dataclass(frozen=True, slots=True)
class Salt:
    """The Salt master and its API; none while `url` is empty and it is not managed here."""

    is_managed: bool = False  # `vigie up` runs salt-master and salt-api itself
    programs: str = "/opt/vigie/salt/bin"  # where they are
    url: str = ""  # of salt-api (rest_cherrypy); of the managed one when empty
    user: str = "vigie"
    listen: str = ""  # the one address a managed master listens on; all of them when empty
    public_host: str = ""  # what minions are told to connect to; when empty kiosk_door's first name
    publish_port: int = 4505
    return_port: int = 4506
    api_port: int = 8480  # of a managed one, on loopback

    @property
    def is_used(self) -> bool:
        """Whether there is a Salt master at all."""
        return self.is_managed or bool(self.url)


@dataclass(frozen=True, slots=True)
class Database:
    """SQLite in the home folder unless a `postgresql://` URL is given."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days."""

    received_days: int = 30  # messages as they came
    hourly_days: int = 90
    daily_days: int = 1100
    changes_days: int = 400
    audit_days: int = 365
    files_days: int = 30  # logs fetched from kiosks
    rejected_rows: int = 1000


@dataclass(frozen=True, slots=True)
class Config:
    """All of vigie.toml, beside the folder it stands in."""

    home: Path
    language: str = "fr"
    time_zone: str = "Europe/Paris"
    web: Web = field(default_factory=Web)
    login: Login = field(default_factory=Login)
    oidc: Oidc = field(default_factory=Oidc)
    kiosk_door: KioskDoor = field(default_factory=KioskDoor)
    broker: Broker = field(default_factory=Broker)
    salt: Salt = field(default_factory=Salt)
    database: Database = field(default_factory=Database)
    retention: Retention = field(default_factory=Retention)


def home() -> Path:
    """The controller's folder: $VIGIE_HOME, or /var/lib/vigie."""
    return Path(os.environ.get("VIGIE_HOME", "/var/lib/vigie"))


def load(folder: Path) -> Config:
    """The configuration in `folder`; defaults where there is no file.

    Raises ConfigError naming file, line, key, value and remedy.
    """
    path = folder / FILE
    if not path.exists():
        return Config(home=folder)
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(f"{path}: {err}") from err
    read: Config = _Reader(path, text).read(Config, table, "", home=folder)
    return read


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    text: str

    def read(self, kind: type[Any], table: dict[str, Any], section: str, **given: Any) -> Any:
        known = {entry.name: entry for entry in fields(kind) if entry.name not in given}
        for key in table:
            if key not in known:
                raise self.error(section, key, table[key], f"one of: {', '.join(known)}")
        values = {key: self.value(known[key], table[key], section) for key in table}
        return kind(**given, **values)

    def value(self, entry: Any, raw: Any, section: str) -> Any:
        factory = entry.default_factory
        if is_dataclass(factory):
            if not isinstance(raw, dict):
                raise self.error(section, entry.name, raw, f"a section [{entry.name}]")
            return self.read(factory, raw, entry.name)  # type: ignore[arg-type]
        default = entry.default
        if isinstance(default, tuple):
            if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
                raise self.error(section, entry.name, raw, "a list of texts")
            return tuple(raw)
        if type(raw) is not type(default):
            raise self.error(section, entry.name, raw, f"of type {type(default).__name__}")
        if isinstance(raw, int) and not isinstance(raw, bool) and raw < 1:
            raise self.error(section, entry.name, raw, "at least 1")
        choices = entry.metadata.get("choices")
        if choices and raw not in choices:
            raise self.error(section, entry.name, raw, f"one of: {', '.join(choices)}")
        return raw

    def error(self, section: str, key: str, value: Any, remedy: str) -> ConfigError:
        where = f"{self.path}, line {self.line(section, key)}"
        name = f"{section}.{key}" if section else key
        return ConfigError(f"{where}: {name} is {value!r}, must be {remedy}")

    def line(self, section: str, key: str) -> int:
        current = ""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if header := re.match(r"\s*\[([\w.]+)\]", line):
                current = header[1]
                if not section and current == key:
                    return number
            elif current == section and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
        return 1
