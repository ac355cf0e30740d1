"""`vigie login`: which controller to ask, and as whom."""

import argparse
import getpass
import sys
from collections.abc import Mapping
from pathlib import Path

from controller.errors import ConfigError
from controller.remote import account
from controller.remote.words import Adder


def register(adder: Adder) -> None:
    """Add it."""
    login = adder.plain(
        "login",
        "say which controller to ask, and with which token",
        "  vigie login https://vigie.example.org                      # asks for the token\n"
        "  vigie login https://vigie.example.org --token-file t.txt\n"
        "  VIGIE_URL=... VIGIE_TOKEN=... vigie status                 # nothing is kept\n",
    )
    login.add_argument("url", metavar="URL")
    login.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="its first line; - reads standard input, as a pipe is anyway",
    )
    login.add_argument("--ca", default="", metavar="FILE", help="a CA that this machine lacks")
    env = adder.env
    login.set_defaults(run=lambda args: _login(args, env))


def _login(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    from controller.remote.server import connect

    ca = str(Path(args.ca).absolute()) if args.ca else ""
    found = account.Account(account.checked(args.url), _token(args.token_file), ca)
    me = connect(found).get("me")
    kept = account.keep(found, env)
    print(f"{me['name']} at {found.url}: {', '.join(me['scopes'])}")
    print(f"kept in {kept}", file=sys.stderr)
    return 0


def _token(source: Path | None) -> str:
    try:
        if source is None and sys.stdin.isatty():
            text = getpass.getpass("token: ")
        elif source is None or str(source) == "-":
            text = sys.stdin.readline()
        else:
            text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, EOFError) as err:
        raise ConfigError(f"the token cannot be read: {err}") from err
    first = text.strip().splitlines()[0].strip() if text.strip() else ""
    if not first.isascii() or not first.isprintable() or not first:
        raise ConfigError("the token is empty or not one: it is like vigie_...")
    return first
