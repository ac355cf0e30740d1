"""What can go wrong with firmware.

AgentError
└── FirmwareError
    ├── HookError       a hook is none, or does not do as the protocol has it
    ├── RecordError     what is on disk of an update cannot be read or written
    └── RefusedError    not now: somebody is there, no mains, another update runs
"""

from agent.errors import AgentError


class FirmwareError(AgentError):
    """Something about firmware that can be said in one sentence."""


class HookError(FirmwareError):
    """A hook is not signed, not declared as it must be, or answers what is no answer."""


class RecordError(FirmwareError):
    """The record of an update cannot be read or written."""


class RefusedError(FirmwareError):
    """Nothing is wrong, and nothing is done: it may be tried later."""
