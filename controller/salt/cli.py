"""`vigie salt`: how Salt fares, and what a master on another machine needs."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from controller import config
from controller.errors import ConfigError

if TYPE_CHECKING:
    from controller.salt.status import Status

_EXAMPLES = """examples:
  vigie salt status                        # does it answer, which minions do, are the keys right
  vigie salt status --wait 20 --json       # give slow lines more time
  vigie salt files salt-files              # for a master on another machine (salt.url is its API)
  rsync -a salt-files/ root@salt.example.org:/var/lib/vigie-salt/

With salt.is_managed there is nothing to copy: `vigie init` writes the files, `vigie up` runs them.
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `salt` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser(
        "salt",
        help="how Salt fares, and files for a master elsewhere",
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    actions = parser.add_subparsers(dest="salt_action", required=True, metavar="ACTION")
    status = actions.add_parser(
        "status",
        help="ask the API, the master and the minions",
        epilog="exit status: 0 all is well   1 it does not answer, or keys are not as they should",
    )
    status.add_argument(
        "--wait", type=float, default=5.0, metavar="SECONDS", help="for minions: 5 unless given"
    )
    status.add_argument("--json", action="store_true", help="one object")
    status.set_defaults(run=_status)
    files = actions.add_parser(
        "files",
        help="write what a master on another machine needs, to be copied there",
        epilog="Among it are private keys: copy it by a safe way, and delete it here afterwards.",
    )
    files.add_argument("folder", type=Path, help="a new folder")
    files.add_argument(
        "--root",
        type=Path,
        default=Path("/var/lib/vigie-salt"),
        help="where it will lie on that machine: /var/lib/vigie-salt unless given",
    )
    files.add_argument("--user", default="salt", help="as whom it runs there: salt unless given")
    files.set_defaults(run=_files, without_django=True)


def _status(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from django.conf import settings

    from controller.salt.client import SaltApi, endpoint
    from controller.salt.status import expected, look

    here: config.Config = settings.VIGIE
    if not here.salt.is_used:
        raise ConfigError(
            "there is no Salt: set salt.is_managed, or salt.url for a master elsewhere (vigie.toml)"
        )
    at = endpoint(here)
    api = SaltApi(at)
    try:
        found = look(api, expected(), datetime.now(UTC), args.wait)
    finally:
        api.close()
    print(json.dumps(found.plain()) if args.json else "\n".join(_lines(at.url, found)))
    return 0 if found.is_well else 1


def _lines(url: str, found: "Status") -> list[str]:
    lines = [
        f"api       {url} answers, and its master",
        f"keys      {len(found.accepted)} on the master, {len(found.expected)} expected",
    ]
    if found.missing:
        lines.append(f"missing   {' '.join(found.missing)}: the worker lays them; is it running?")
    if found.strange:
        lines.append(
            f"strange   {' '.join(found.strange)}: of no kiosk here; the master trusts them"
        )
    told = ", ".join(
        f"{count} with Salt {version}"
        for version, count in sorted(Counter(found.versions.values()).items())
    )
    lines.append(f"answering {told or 'none'}")
    if found.silent:
        lines.append(f"silent    {' '.join(found.silent)}")
    return lines


def _files(args: argparse.Namespace) -> int:
    from controller.salt import elsewhere

    here = config.load(args.home.absolute())
    there = elsewhere.place(here, args.root, args.user)
    elsewhere.pack(here, there, args.folder)
    print(f"made {args.folder}: copy it to {args.root} on that machine, owned by {args.user}; then")
    print(f"    salt-master -c {args.root}/etc")
    print(f"    salt-api -c {args.root}/etc")
    print("Releases are read from its folder releases/: keep it in step with the one here:")
    print(f"    rsync -a {here.home}/salt/releases/ {args.user}@...:{args.root}/releases/")
    return 0
