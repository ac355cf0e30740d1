"""MachineError: the virtual machine, its disk or its kernel did not do what the test needs."""


class MachineError(Exception):
    """Says what was asked, what came of it, and the end of what the machine said."""
