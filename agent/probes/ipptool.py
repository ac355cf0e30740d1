"""Asks a printer, or CUPS for one of its queues, by the program ipptool (cups-ipp-utils)."""

from pathlib import Path

from agent import program
from agent.errors import ProgramError
from agent.probes import ipp
from agent.probes.ipp import Printer, Silence

IPPTOOL = "/usr/bin/ipptool"
#: A printer that sleeps takes a while to wake up.
ASK_S = 4.0


def ask(uri: str, timeout_s: float = ASK_S) -> Printer | Silence:
    """What is at `uri` (`ipp://` or `ipps://`), within the time limit."""
    if not Path(IPPTOOL).exists():
        return Silence.NO_PROGRAM
    # Its own limit is for each answer, and it waits longer for a connection: ours ends it then.
    limit = ["-T", f"{timeout_s:g}"]
    try:
        done = program.run(
            [IPPTOOL, "-X", "-I", *limit, uri, "/dev/stdin"], timeout_s, said=ipp.QUESTIONS
        )
    except ProgramError:
        return Silence.TIMED_OUT
    return ipp.parse(done.out)
