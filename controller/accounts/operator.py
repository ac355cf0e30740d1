"""Who works at the command line, as the audit names him."""

import getpass

#: What his name in the audit begins with.
OPERATOR = "cli:"


def operator() -> str:
    """Who types: `cli:<login>`, for the audit."""
    try:
        return f"{OPERATOR}{getpass.getuser()}"
    except (OSError, KeyError):  # no such user in /etc/passwd
        return f"{OPERATOR}unknown"
