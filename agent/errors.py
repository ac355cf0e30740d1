"""What can go wrong in the agent.

AgentError
├── ConfigError     agent.toml says something that cannot be
├── StoreError      the kiosk's disk does not take or give what we keep there
│   └── CorruptError    what it gives is not what was written
├── LinkError       the broker cannot be reached, or does not want us
├── PowerError      the machine refuses to restart
├── RemedyError     what was to cure a peripheral cannot be done
├── ProgramError    a program we need is not there, or does not answer
├── NutError        NUT does not answer about a UPS, or refuses to
└── EnrolError      enrolment cannot be finished
"""


class AgentError(Exception):
    """Something the agent can say in one sentence."""


class ConfigError(AgentError):
    """agent.toml is unreadable, or a key is wrong: file, line, value, remedy."""


class StoreError(AgentError):
    """The outbox and journal cannot be read or written: full, read-only or failing disk."""


class CorruptError(StoreError):
    """The database file is damaged; it is to be set aside."""


class LinkError(AgentError):
    """The broker cannot be reached, or does not want us."""


class PowerError(AgentError):
    """The machine refuses to restart."""


class RemedyError(AgentError):
    """What was to cure a peripheral cannot be done: the machine refuses, or there is no such."""


class ProgramError(AgentError):
    """A program a probe asks is not installed, or did not answer in time."""


class NutError(AgentError):
    """upsd does not answer, or answers with the error `code` (RFC 9271, 4.3)."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class EnrolError(AgentError):
    """Enrolment cannot be finished; trying again is safe."""
