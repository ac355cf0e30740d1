"""What can be wrong with what was said.

ContractError
├── TopicError      a topic that is not one of ours
├── MessageError    a payload that is not what its topic promises
└── CommandError    a command that is not in the catalogue, or has wrong arguments
"""


class ContractError(ValueError):
    """Something said on the wire breaks the contract."""


class TopicError(ContractError):
    """A topic that is not `vigie/1/<kiosk>/<channel>`."""


class MessageError(ContractError):
    """A payload that is not the message its channel promises."""


class CommandError(ContractError):
    """A command that is not in the catalogue, or whose arguments are wrong."""
