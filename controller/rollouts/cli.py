"""`vigie release`: made, signed, checked and taken in, on the machine where it is done."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

_EXAMPLES = """examples:
  # once, wherever releases are made; the file stays there, off the controller
  vigie release keygen /root/region.key > region.pub
  # on the controller
  vigie release trust region region.pub
  # each time
  vigie release build 2026.12 --states salt_states --hooks firmware_hooks \\
      --agent 1.2.0=vigie-agent-1.2.0.tar.gz --key /root/region.key --out 2026.12
  tar -cf 2026.12.tar 2026.12
  vigie release import 2026.12.tar --why "cameras of the new model"
  vigie release list

A release is never changed: what is to be better is another one. It becomes a Salt environment of
its name; a rollout brings it to kiosks.
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `release` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser(
        "release", help="make, check and import releases", epilog=_EXAMPLES, formatter_class=raw
    )
    actions = parser.add_subparsers(dest="release_action", required=True, metavar="ACTION")

    keygen = actions.add_parser("keygen", help="a key to sign with; the public one is printed")
    keygen.add_argument("file", type=Path, help="where the private key goes; must not exist")
    keygen.set_defaults(run=_keygen, without_django=True)

    trust = actions.add_parser("trust", help="take releases that this key has signed")
    trust.add_argument("name", help="what the key is called here")
    trust.add_argument("file", type=Path, help="the public key, PEM")
    trust.set_defaults(run=_trust)

    distrust = actions.add_parser("distrust", help="take them no more")
    distrust.add_argument("name")
    distrust.set_defaults(run=_distrust)

    build = actions.add_parser("build", help="put a release together and sign it")
    build.add_argument("name", help="also of its Salt environment: 2026.12")
    build.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    build.add_argument("--states", type=Path, required=True, metavar="FOLDER")
    build.add_argument("--hooks", type=Path, metavar="FOLDER", help="firmware hooks, with v1/")
    build.add_argument("--firmware", type=Path, metavar="FOLDER", help="firmware and its index")
    build.add_argument("--agent", type=_package, metavar="VERSION=FILE", help="its package")
    build.add_argument("--key", type=Path, required=True, metavar="FILE", help="made by keygen")
    build.set_defaults(run=_build, without_django=True)

    check = actions.add_parser("check", help="would it be imported? changes nothing")
    check.add_argument("folder", type=Path)
    check.set_defaults(run=_check)

    take = actions.add_parser("import", help="verify a release and make it known to Salt")
    take.add_argument("path", type=Path, help="its folder, or a tar archive of it")
    take.add_argument("--why", default="")
    take.set_defaults(run=_import)

    listed = actions.add_parser("list", help="all releases, the latest first")
    listed.set_defaults(run=_list)

    withdraw = actions.add_parser("withdraw", help="let no rollout begin with it any more")
    withdraw.add_argument("name")
    withdraw.add_argument("--why", required=True)
    withdraw.set_defaults(run=_withdraw)


def _package(text: str) -> tuple[str, Path]:
    version, is_given, path = text.partition("=")
    if not is_given or not version or not path:
        raise argparse.ArgumentTypeError(f"{text!r} must be VERSION=FILE")
    return version, Path(path)


def _keygen(args: argparse.Namespace) -> int:
    from controller.rollouts import signing

    sys.stdout.write(signing.make(args.file))
    print(f"private key: {args.file}; whoever has it can sign releases", file=sys.stderr)
    return 0


def _trust(args: argparse.Namespace) -> int:
    from controller.accounts.operator import operator
    from controller.accounts.services import record
    from controller.rollouts import releases, signing

    signing.trust(releases.keys_folder(), args.name, args.file.read_text("ascii"))
    record(action="release.trust", subject=args.name, actor=operator())
    print(f"releases signed by {args.name} are taken")
    return 0


def _distrust(args: argparse.Namespace) -> int:
    from controller.accounts.operator import operator
    from controller.accounts.services import record
    from controller.rollouts import releases, signing

    signing.distrust(releases.keys_folder(), args.name)
    record(action="release.distrust", subject=args.name, actor=operator())
    print(f"releases signed by {args.name} are taken no more; those that are here stay")
    return 0


def _build(args: argparse.Namespace) -> int:
    from controller.rollouts import building, signing

    given = {"states": args.states, "hooks": args.hooks, "firmware": args.firmware}
    made = building.build(
        args.name,
        args.out,
        parts={name: folder for name, folder in given.items() if folder is not None},
        agent=args.agent,
        key=signing.load(args.key),
        now=datetime.now(UTC),
    )
    print(f"made release {made.name} in {args.out}: {_words(building.summary(made))}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from controller.rollouts import building, releases

    found, _, by = releases.verify(args.folder)
    print(f"release {found.name}, signed by {by}: {_words(building.summary(found))}")
    return 0


def _import(args: argparse.Namespace) -> int:
    from controller.accounts.operator import operator
    from controller.rollouts import releases

    release = releases.import_(args.path, user=None, actor=operator(), why=args.why)
    print(f"imported release {release.name}, signed by {release.signed_by}")
    return 0


def _list(_: argparse.Namespace) -> int:
    from controller.rollouts.models import Release

    for release in Release.objects.all():
        state = "withdrawn" if release.withdrawn_at else ""
        when = f"{release.imported_at:%Y-%m-%d %H:%M}"
        print(f"{release.name:<24} {when}  {release.signed_by:<16} {state}".rstrip())
    return 0


def _withdraw(args: argparse.Namespace) -> int:
    from controller.accounts.operator import operator
    from controller.rollouts import releases

    releases.withdraw(args.name, user=None, actor=operator(), why=args.why)
    print(f"release {args.name} is withdrawn")
    return 0


def _words(said: dict[str, object]) -> str:
    agent = f", agent {said['agent']}" if said["agent"] else ""
    return f"{said['files']} files, {said['size']} bytes{agent}"
