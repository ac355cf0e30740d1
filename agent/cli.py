"""The entry point `vigie-agent`: first makes room, then does what it is told."""

import sys

from agent import lean

#: What reading command line and configuration needs, and watching does not: 1.3 MB.
_STARTERS = (
    "agent.console",
    "agent.configfile",
    "agent.toml",
    "tomllib",
    "argparse",
    "gettext",
    "locale",
    "agent.wording",
    "agent.words",
)


def main() -> int:
    """Run this process's command line; answers the exit status."""
    lean.spare_imports()
    from agent.console import run  # after the line above, or it would be too late

    done = run(sys.argv[1:])
    if isinstance(done, int):
        return done
    del run
    lean.unload(*_STARTERS)  # before the rest is loaded: that then lives where these did
    lean.share_one_heap()
    from agent.service import watch

    return watch(done)
