"""Who works at the command line, as the audit names him."""

import getpass


def operator() -> str:
    """Who types: `cli:<login>`, for the audit."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # no such user in /etc/passwd
        return "cli:unknown"
