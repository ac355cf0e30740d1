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
    try:
        return ipp.parse(put(uri, ipp.QUESTIONS, timeout_s))
    except ProgramError:
        return Silence.TIMED_OUT


def put(uri: str, questions: str, timeout_s: float, document: Path | None = None) -> str:
    """What ipptool says when these questions, and a document, are put to `uri`.

    Raises ProgramError when it is not installed or not done in time.
    """
    # Its own limit is for each answer, and it waits longer for a connection: ours ends it then.
    command = [IPPTOOL, "-X", "-I", "-T", f"{timeout_s:g}"]
    file = ["-f", str(document)] if document is not None else []
    return program.run([*command, *file, uri, "/dev/stdin"], timeout_s, said=questions).out
