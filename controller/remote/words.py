"""How the network's commands are told to argparse, and how they get at their controller."""

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from controller.remote import account

if TYPE_CHECKING:
    from controller.remote.server import Server

Run = Callable[["Server", argparse.Namespace], int]


class Adder:
    """Adds commands; each runs with a `Server` and without Django."""

    def __init__(
        self,
        subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
        env: Mapping[str, str],
    ) -> None:
        self._subparsers = subparsers
        self._env = env

    @property
    def env(self) -> Mapping[str, str]:
        """The environment."""
        return self._env

    def add(self, name: str, text: str, examples: str, run: Run) -> argparse.ArgumentParser:
        """A command that asks the controller of the account in use."""
        parser = self.plain(name, text, examples)
        parser.add_argument("--json", action="store_true", help="as the API says it")
        return self.runs(parser, run)

    def plain(self, name: str, text: str, examples: str) -> argparse.ArgumentParser:
        """A command that sees to its own run."""
        parser = self._subparsers.add_parser(
            name,
            help=text,
            description=text,
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(without_django=True)
        return parser

    def runs(self, parser: argparse.ArgumentParser, run: Run) -> argparse.ArgumentParser:
        """Have a parser run with the controller of the account in use."""

        def begin(args: argparse.Namespace) -> int:
            # httpx takes a tenth of a second to import: not for --help.
            from controller.remote.server import connect

            return run(connect(account.load(self._env)), args)

        parser.set_defaults(run=begin, without_django=True)
        return parser


def count(text: str) -> int:
    """A number from 1, as argparse's `type=`."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)
