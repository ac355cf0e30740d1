"""What can go wrong in the agent.

AgentError
├── ConfigError     agent.toml says something that cannot be
├── StoreError      the kiosk's disk does not take or give what we keep there
│   └── CorruptError    what it gives is not what was written
├── LinkError       the broker cannot be reached, or does not want us
├── PowerError      the machine refuses to restart
├── ProgramError    a program we need is not there, or does not answer
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


class ProgramError(AgentError):
    """A program a probe asks is not installed, or did not answer in time."""


class EnrolError(AgentError):
    """Enrolment cannot be finished; trying again is safe."""
