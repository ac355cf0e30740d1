"""`vigie completion`: what a shell sources to complete `vigie`."""

import argparse

SHELLS = ("bash", "zsh", "fish")
_EXAMPLES = """examples:
  vigie completion bash > /etc/bash_completion.d/vigie
  vigie completion zsh > /usr/local/share/zsh/site-functions/_vigie
  vigie completion fish > ~/.config/fish/completions/vigie.fish
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `completion` to the command line."""
    parser = subparsers.add_parser(
        "completion",
        help="print what completes `vigie` in a shell",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=_complete, without_django=True)


def _complete(args: argparse.Namespace) -> int:
    import shtab

    from controller.cli import parser

    print(shtab.complete(parser(commands_help="what to do"), shell=args.shell))
    return 0
