"""`vigie user`: people, their roles and their API tokens."""

import argparse
import secrets
import sys
from pathlib import Path

from controller.accounts.operator import operator
from controller.durations import duration
from controller.errors import Refused

_ROLES = ("viewer", "technician", "administrator")
_SCOPES = ("read", "act", "alerts", "configure", "admin")
_EXAMPLES = """examples:
  vigie user add marie --role technician          # a password is made, printed once
  vigie user add paul --role viewer --password-file /root/paul.txt
  vigie user token marie --name nightly-export --scope read --valid-for 90d
  vigie user disable paul                         # ends sessions and tokens at once
  vigie user reset-password paul                  # a link at which paul chooses another
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `user` to the command line."""
    parser = subparsers.add_parser(
        "user",
        help="people, their roles and API tokens",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="user_action", required=True, metavar="ACTION")

    add = actions.add_parser("add", help="a new user")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=_ROLES)
    _password_file(add)
    add.set_defaults(run=_add)

    actions.add_parser("list", help="all users").set_defaults(run=_list)

    role = actions.add_parser("role", help="give a user another role")
    role.add_argument("name")
    role.add_argument("role", choices=_ROLES)
    role.set_defaults(run=_role)

    password = actions.add_parser("password", help="a new password; ends the user's sessions")
    password.add_argument("name")
    _password_file(password)
    password.set_defaults(run=_password)

    for word, run, text in (
        ("disable", _disable, "shut a user out: sessions and tokens end at once"),
        ("enable", _enable, "let a user in again"),
        ("reset-password", _reset_password, "end the password; print a link to a new one"),
        ("reset-second-factor", _reset_second_factor, "for who lost phone and recovery codes"),
        ("end-sessions", _end_sessions, "log a user out everywhere"),
    ):
        action = actions.add_parser(word, help=text)
        action.add_argument("name")
        action.set_defaults(run=run)

    token = actions.add_parser("token", help="make, or with --revoke end, an API token")
    token.add_argument("name")
    token.add_argument(
        "--name", dest="label", required=True, metavar="LABEL", help="what it is for"
    )
    token.add_argument("--valid-for", type=duration, default="90d", help="90d unless given")
    token.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        choices=_SCOPES,
        help="what it may be used for beside reading; again for several. All that the user may do"
        " unless given",
    )
    token.add_argument("--revoke", action="store_true", help="end the tokens of that label")
    token.set_defaults(run=_token)


def _password_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="its first line is the password, - reads standard input; else one is made",
    )


def _add(args: argparse.Namespace) -> int:
    from controller.accounts.roles import Role
    from controller.accounts.services import create_user

    password, is_made = read_password(args.password_file)
    create_user(name=args.name, password=password, role=Role(args.role), by=operator())
    print(f"{args.name}: {args.role}")
    if is_made:
        print(f"password (shown once): {password}")
    return 0


def _list(args: argparse.Namespace) -> int:
    from controller.accounts.roles import role_of
    from controller.accounts.selectors import has_second_factor, is_from_provider, users

    for user in users():
        way = "oidc" if is_from_provider(user) else "password"
        way += "+code" if has_second_factor(user) else ""
        state = "active" if user.is_active else "disabled"
        seen = f"{user.last_login:%Y-%m-%d %H:%M} UTC" if user.last_login else "never"
        role = role_of(user) or "-"
        print(f"{user.username:<24} {role:<14} {state:<9} {way:<14} last login {seen}")
    return 0


def _role(args: argparse.Namespace) -> int:
    from controller.accounts.roles import Role
    from controller.accounts.services import change_role

    change_role(name=args.name, role=Role(args.role), by=operator())
    print(f"{args.name}: {args.role}")
    return 0


def _password(args: argparse.Namespace) -> int:
    from controller.accounts.services import set_password

    password, is_made = read_password(args.password_file)
    set_password(name=args.name, password=password, by=operator())
    print(f"password (shown once): {password}" if is_made else f"{args.name}: password changed")
    return 0


def _disable(args: argparse.Namespace) -> int:
    from controller.accounts.services import deactivate

    deactivate(name=args.name, by=operator())
    print(f"{args.name}: disabled")
    return 0


def _enable(args: argparse.Namespace) -> int:
    from controller.accounts.services import activate

    activate(name=args.name, by=operator())
    print(f"{args.name}: active")
    return 0


def _reset_password(args: argparse.Namespace) -> int:
    from django.conf import settings

    from controller.accounts.services import reset_password

    path = reset_password(name=args.name, by=operator())
    web = settings.VIGIE.web
    scheme = "https" if web.certificate else "http"
    print(f"{web.public_url.rstrip('/') or f'{scheme}://{web.host}:{web.port}'}{path}")
    print("shown once; it works once, within 24 hours", file=sys.stderr)
    return 0


def _reset_second_factor(args: argparse.Namespace) -> int:
    from controller.accounts import second_factor, selectors

    second_factor.reset(selectors.user(args.name), by=operator())
    print(f"{args.name}: second factor reset")
    return 0


def _end_sessions(args: argparse.Namespace) -> int:
    from controller.accounts.services import end_sessions

    print(f"{args.name}: {end_sessions(name=args.name, by=operator())} session(s) ended")
    return 0


def _token(args: argparse.Namespace) -> int:
    from controller.accounts import selectors, tokens
    from controller.accounts.scopes import ALL

    user = selectors.user(args.name)
    if args.revoke:
        ended = tokens.revoke_token(user=user, label=args.label, by=operator())
        print(f"{args.name}: {ended} token(s) {args.label!r} revoked")
        return 0
    secret = tokens.make_token(
        user=user,
        label=args.label,
        lifetime=args.valid_for,
        by=operator(),
        scopes=args.scopes or ALL,
    )
    print(secret)
    print("shown once; send it as `Authorization: Bearer <token>`", file=sys.stderr)
    return 0


def read_password(path: Path | None) -> tuple[str, bool]:
    """The first line of `path` (`-`: standard input), or one made; and whether it was made."""
    if path is None:
        return secrets.token_urlsafe(12), True
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise Refused(f"password file {path} cannot be read: {err}") from err
    first = text.splitlines()[0] if text else ""
    if not first:
        raise Refused(f"password file {path} is empty: write the password on its first line")
    return first, False
