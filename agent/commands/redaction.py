"""Takes secrets out of what leaves the kiosk. The rule, which docs/user tells in the same words:

1. what follows `password`, `passwd`, `secret`, `token`, `api-key`, `authorization` or `cookie` and
   `=` or `:` (and any name that ends so, as `db_password`); of the last two all of the line, for
   they are headers of many words;
2. what follows `Bearer` or `Basic`;
3. an enrolment token, whole;
4. name and password in an address (`https://user:pass@host`);
5. any run of 40 or more letters, digits, `+`, `/`, `_`, `-` that holds a digit: keys and digests.
"""

import re

MARK = "[removed]"
# No pattern may begin with what can be tried from every letter of a long word: the time would grow
# with the square of its length, and the whole agent waits meanwhile.
_NAMES = r"password|passwd|passphrase|secret|token|api[-_]?key|authorization|cookie"
_RULES = (
    (re.compile(r"vgt1\.[A-Za-z0-9_-]+\.[0-9a-f]+"), MARK),
    (re.compile(r"(?i)((?:authorization|cookie)\s*[=:]\s*).+"), rf"\1{MARK}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/_.=~-]{8,}"), rf"\1 {MARK}"),
    (
        re.compile(
            rf"(?i)((?:{_NAMES})[\"']?\s*[=:]\s*)(?!\[removed\])"
            r"(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s,;&]+)"
        ),
        rf"\1{MARK}",
    ),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://)[^\s/@]+@"), rf"\1{MARK}@"),
    (re.compile(r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z+/_-]*\d)[A-Za-z0-9+/_-]{40,}={0,2}"), MARK),
)


def redact(text: str) -> str:
    """The text without its secrets.

    >>> redact("db_password=hunter2 login by https://ann:pw@host/")
    'db_password=[removed] login by https://[removed]@host/'
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
