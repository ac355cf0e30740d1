"""`vigie init`, `vigie up`, `vigie web`: what makes a controller and what runs it."""

import argparse
import shutil
import socket
import sys
from pathlib import Path

from controller import config, foundation
from controller.config import Config
from controller.errors import ConfigError
from controller.supervisor import Part, run

_INIT_EXAMPLES = """examples:
  vigie init --name vigie.example.org --name 192.0.2.10 --admin marie
  vigie init                       # after an upgrade, or a change of vigie.toml: harmless

It makes what is missing: the folder, vigie.toml, the certificate authority, the certificates of
broker, door and processes, the database's tables, the roles, the broker's files.
"""
_UP_EXAMPLES = """examples:
  vigie up                         # until Ctrl-C or SIGTERM

Runs broker (unless broker.is_managed is false), ingest, worker, web and, with salt.is_managed, the
Salt master and its API; and starts again what ends.
"""
_WEB_EXAMPLES = """examples:
  vigie web                        # pages on web.port, the kiosks' door on kiosk_door.port
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `init`, `up` and `web` to the command line."""
    init = _add(subparsers, "init", "lay all that a controller needs; again without harm")
    init.epilog = _INIT_EXAMPLES
    init.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a name or address by which kiosks reach this machine, for a new vigie.toml",
    )
    init.add_argument("--admin", metavar="NAME", help="see to an administrator of this name")
    init.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="its first line is the administrator's password; else one is made and printed once",
    )
    init.add_argument(
        "--ingests", type=int, default=1, metavar="N", help="how many ingest processes may run"
    )
    init.set_defaults(run=_init, without_django=True)

    up = _add(subparsers, "up", "run broker, ingest, worker and web, and Salt")
    up.epilog = _UP_EXAMPLES
    up.set_defaults(run=_up, without_django=True)

    web = _add(subparsers, "web", "serve the pages and the kiosks' door")
    web.epilog = _WEB_EXAMPLES
    web.set_defaults(run=_web)


def _add(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    return subparsers.add_parser(
        name, help=text, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def _init(args: argparse.Namespace) -> int:
    home = args.home.absolute()
    if not 1 <= args.ingests <= 32:
        raise ConfigError(f"--ingests is {args.ingests}, must be from 1 to 32")
    for line in foundation.prepare(home, args.name):
        print(f"made {line}")
    settings = config.load(home)
    for line in foundation.certify(settings, args.ingests):
        print(f"made {line}")
    foundation.set_up_django()
    for line in foundation.migrate():
        print(f"made {line}")
    _broker_files(settings)
    _administrator(args)
    print(f"ready: {home}")
    return 0


def _broker_files(settings: Config) -> None:
    from controller.enrolment import broker, enforcement

    broker.write_conf(settings)
    enforcement.enforce()


def _administrator(args: argparse.Namespace) -> None:
    from controller.accounts import selectors
    from controller.accounts.cli import read_password
    from controller.accounts.operator import operator
    from controller.accounts.roles import Role
    from controller.accounts.services import create_user

    names = {user.username for user in selectors.users()}
    if args.admin is None:
        if not names:
            print("nobody can log in yet: vigie user add NAME --role administrator")
        return
    if args.admin in names:
        return
    password, is_made = read_password(args.password_file)
    create_user(name=args.admin, password=password, role=Role.ADMINISTRATOR, by=operator())
    print(f"made administrator {args.admin}")
    if is_made:
        print(f"password (shown once): {password}")


def _up(args: argparse.Namespace) -> int:
    home = args.home.absolute()
    foundation.require_initialised(home)
    settings = config.load(home)
    run(_parts(settings), home)
    return 0


def _parts(settings: Config) -> list[Part]:
    from controller.enrolment import broker
    from controller.salt import master as salt

    vigie = (sys.executable, "-m", "controller.cli", "--home", str(settings.home))
    parts = [Part(name, (*vigie, name)) for name in ("ingest", "worker", "web")]
    if settings.broker.is_managed:
        _require_free("broker.port", settings.broker.port, settings.broker.listen)
        conf = broker.files(settings.home).conf
        parts.insert(0, Part("broker", (_mosquitto(), "-c", str(conf))))
    if settings.salt.is_managed:
        master, api = salt.commands(settings)
        _require_free("salt.publish_port", settings.salt.publish_port, settings.salt.listen)
        _require_free("salt.return_port", settings.salt.return_port, settings.salt.listen)
        _require_free("salt.api_port", settings.salt.api_port, "127.0.0.1")
        parts += [Part("salt-master", master), Part("salt-api", api)]
    return parts


def _mosquitto() -> str:
    path = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if path is None:
        raise ConfigError(
            "broker.is_managed is true and mosquitto is not installed: apt install mosquitto, or"
            " set it to false and run a broker elsewhere (vigie.toml)"
        )
    return path


def _require_free(key: str, port: int, address: str) -> None:
    """Raises ConfigError when another program has the port: Mosquitto's or Salt's own word for it
    would come again and again, in the midst of others."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as err:
        raise ConfigError(
            f"{key} is {port}, which cannot be listened on ({err.strerror}): end the program that"
            " has it, or choose another port (vigie.toml)"
        ) from err


def _web(args: argparse.Namespace) -> int:
    from django.conf import settings

    from controller.doors import serve

    serve(settings.VIGIE)
    return 0
