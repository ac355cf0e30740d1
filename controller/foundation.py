"""What `vigie init` lays, again without harm: folder, configuration, keys, tables, roles."""

import logging
import os
import pwd
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from controller import config
from controller.atomic import PRIVATE, write
from controller.config import Config
from controller.errors import ConfigError, VigieError

if TYPE_CHECKING:
    from controller.enrolment.authority import Authority

_log = logging.getLogger("vigie.web")
SECRET = "secret_key"  # noqa: S105 - the name of a file

_TEMPLATE = """\
# The controller's configuration. Every line has a default; after a change: `vigie init`.

language = "fr"                # of what no browser has chosen: fr or en
time_zone = "Europe/Paris"

[web]                          # the people's door
host = "127.0.0.1"             # behind a proxy that does TLS; or give certificate and key
port = 8000
# public_url = "https://vigie.example.org"
# certificate = "/etc/ssl/vigie.pem"
# key = "/etc/ssl/private/vigie.key"
# proxies = ["127.0.0.1", "::1"]     # proxies that are believed when they say who calls

[login]
# second_factor = "optional"   # or asked of: "administrators", "technicians" and up, "all"
idle_minutes = 120             # a session ends when nobody used it for so long
session_hours = 12             # and at the latest

# [oidc]                       # logins by an OpenID Connect provider
# issuer = "https://id.example.org/realms/region"
# client_id = "vigie"
# client_secret_file = "/etc/vigie/oidc-secret"
# technicians = ["vigie-techniciens"]   # groups that give the role; see docs/user

[kiosk_door]                   # where kiosks enrol; HTTPS by the region's own authority
port = 8443
names = [{names}]              # names and addresses by which kiosks reach this machine

[broker]
port = 8883
is_managed = true              # `vigie up` runs Mosquitto itself
# host = "localhost"           # where the controller reaches it
# public_host = "mqtt.example.org"   # where kiosks reach it; kiosk_door's first name otherwise

[salt]                         # pushes configuration and releases; see docs/user
is_managed = false             # true: `vigie up` runs salt-master and salt-api itself
# programs = "/opt/vigie/salt/bin"   # where they are installed
# public_host = "vigie.example.org"  # where minions reach it; kiosk_door's first name otherwise

[database]                     # SQLite in this folder, unless:
# url = "postgresql://vigie:password@localhost:5432/vigie"

[retention]                    # days
received_days = 30
hourly_days = 90
daily_days = 1100
changes_days = 400
audit_days = 365
"""


def prepare(home: Path, names: Sequence[str]) -> Iterator[str]:
    """Sees to folder, vigie.toml and secret key; yields a line for each thing made.

    Raises ConfigError when the folder is another user's or cannot be made.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError(f"home {home} cannot be made: {err.strerror}; give --home") from err
    _require_owner(home)
    home.chmod(0o700)
    toml = home / config.FILE
    if not toml.exists():
        quoted = ", ".join(f'"{name}"' for name in names or ("localhost",))
        write(toml, _TEMPLATE.format(names=quoted).encode(), PRIVATE)
        yield f"configuration {toml}"
    if not (home / SECRET).exists():
        write(home / SECRET, secrets.token_urlsafe(48).encode(), PRIVATE)
        yield "secret key"


def certify(settings: Config, ingests: int) -> Iterator[str]:
    """Sees to the authority and the controller's own certificates; yields a line for each made."""
    from controller.enrolment import broker
    from controller.enrolment.authority import Authority

    authority = Authority(settings.home / "pki")
    if not authority.exists:
        authority.create()
        yield f"certificate authority {authority.folder / 'ca.pem'}: back up ca.key"
    door_names = settings.kiosk_door.names
    here = ("localhost", "127.0.0.1", "::1")
    if authority.issue_server("door", (*door_names, *here)):
        yield f"certificate of the kiosks' door for {', '.join(door_names)}"
    own = (settings.broker.host, settings.broker.public_host)
    if authority.issue_server("broker", (*door_names, *filter(None, own), *here)):
        yield "certificate of the broker"
    more = (f"{broker.INGEST}-{number}" for number in range(2, ingests + 1))
    for process in (broker.WORKER, broker.INGEST, *more):
        if authority.issue_client(process):
            yield f"certificate of {process}"
    if settings.salt.is_used:
        yield from _certify_salt(settings, authority)


def _certify_salt(settings: Config, authority: "Authority") -> Iterator[str]:
    from controller.salt import master

    if authority.issue_server(master.API_CERTIFICATE, master.api_names(settings)):
        yield "certificate of the Salt API"
    if authority.issue_client(master.PILLAR_CLIENT):
        yield f"certificate of {master.PILLAR_CLIENT}"
    if settings.salt.is_managed:
        yield from master.prepare(settings)


def migrate() -> Iterator[str]:
    """Brings the tables to this release and sees to the roles; Django is set up."""
    from django.core.management import call_command

    from controller.accounts.roles import ensure_roles
    from controller.alerts.services import ensure_builtin

    pending = pending_migrations()
    if pending:
        call_command("migrate", interactive=False, verbosity=0)
        yield f"database: {len(pending)} migrations"
    ensure_roles()
    if written := ensure_builtin():
        yield f"rules: {written} as they come with this release"


def pending_migrations() -> list[str]:
    """Names of the migrations that the database has not seen; Django is set up.

    Raises VigieError when the database cannot be asked.
    """
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as err:
        name = connection.settings_dict["NAME"]
        raise VigieError(
            f"database {name} cannot be asked: {str(err).strip()}; see [database] in vigie.toml"
        ) from err
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _ in plan]


def await_migrations(timeout_s: float = 120.0) -> None:
    """Returns once the tables are of this release; Django is set up.

    Raises VigieError when they are not in time, or when the database cannot be asked.
    """
    end = time.monotonic() + timeout_s
    is_said = False
    while pending := pending_migrations():
        if time.monotonic() >= end:
            raise VigieError(
                f"the database lacks {len(pending)} migrations ({pending[0]}): run `vigie init`"
            )
        if not is_said:
            _log.warning("waiting for `vigie init`: %d migrations are to come", len(pending))
            is_said = True
        time.sleep(1)


def require_initialised(home: Path) -> None:
    """Raises ConfigError, naming the remedy, when `vigie init` has not been here, or as another."""
    if not home.exists():
        raise ConfigError(f"home {home} is not initialised: run `vigie --home {home} init`")
    _require_owner(home)
    if not (home / SECRET).exists():
        raise ConfigError(f"home {home} is not initialised: run `vigie --home {home} init`")


def _require_owner(home: Path) -> None:
    """Files that root writes there, the others' processes could not read or replace."""
    owner = home.stat().st_uid
    if owner == os.geteuid():
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"#{owner}"
    raise ConfigError(
        f"home {home} belongs to user {name}: work as that user: `sudo -u {name} vigie ...`"
    )


def set_up_django() -> None:
    """Reads $VIGIE_HOME/vigie.toml into Django. Raises ConfigError."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controller.settings")
    django.setup()
