"""`vigie glpi`: the inventory of the fleet, a file a kiosk, as GLPI takes it."""

import argparse
import json
import sys
from pathlib import Path

from controller.errors import NotFound, VigieError

_EXAMPLES = """examples:
  vigie glpi --kiosk pvp-63003-1                 # one kiosk, on standard output
  vigie glpi /var/lib/vigie/glpi                 # all kiosks, a file each
  glpi-injector --directory /var/lib/vigie/glpi --url https://glpi.example.org/
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `glpi` to the command line."""
    parser = subparsers.add_parser(
        "glpi",
        help="the inventory of the kiosks for GLPI",
        description="Writes the inventory of the kiosks in GLPI's inventory format.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="made if missing")
    parser.add_argument("--kiosk", metavar="ID", help="only this one")
    parser.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    from controller.metrics.inventories import inventories

    found = inventories(args.kiosk)
    if args.folder is None and args.kiosk is None:
        raise VigieError("name a FOLDER for the files, or one kiosk with --kiosk")
    count = 0
    for document in found:
        count += 1
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        if args.folder is None:
            sys.stdout.write(text)
        else:
            _write(args.folder / f"{document['deviceid']}.json", text)
    if args.kiosk and not count:
        raise NotFound(f"no kiosk {args.kiosk!r}: `vigie fleet` lists them")
    if args.folder is not None:
        print(f"wrote {count} files to {args.folder}")
    return 0


def _write(path: Path, text: str) -> None:
    """Whole or not at all: GLPI may read the folder at any time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as err:
        raise VigieError(f"{path} cannot be written: {err.strerror}") from err
