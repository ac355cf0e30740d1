"""What the agent logs, on stderr: plain lines, with the priority the journal understands."""

import logging
import os

#: sd-daemon(3): 3 error, 4 warning, 6 info, 7 debug.
_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.NOTSET, 7))


class Lines(logging.Formatter):
    """`WARNING: text` for a person, `<4>text` for the journal."""

    def __init__(self, is_journal: bool) -> None:
        super().__init__("%(message)s")
        self._is_journal = is_journal

    def format(self, record: logging.LogRecord) -> str:
        """One record, on as many lines as it has."""
        priority = next(number for level, number in _PRIORITIES if record.levelno >= level)
        prefix = f"<{priority}>" if self._is_journal else f"{record.levelname}: "
        return prefix + super().format(record)


def log_to_stderr(level: str) -> None:
    """Send all logging there, unless somebody set it up otherwise before."""
    stderr = logging.StreamHandler()
    # systemd.exec(5): set when stderr is the journal.
    stderr.setFormatter(Lines("JOURNAL_STREAM" in os.environ))
    logging.basicConfig(handlers=[stderr], level=level.upper())
