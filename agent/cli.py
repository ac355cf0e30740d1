"""The entry point `vigie-agent`: first makes room, then does what it is told."""

import sys

from agent import lean


def main() -> int:
    """Run this process's command line; answers the exit status."""
    lean.spare_imports()
    from agent.console import run  # after the line above, or it would be too late

    return run(sys.argv[1:])
