"""What can go wrong in the simulator.

SimulatorError
├── RegionError     the list of kiosks cannot be read
├── IdentityError   a kiosk's certificate, key or authority is not where it should be
├── EnrolError      the kiosks' door did not give a certificate
├── MachineError    a Debian system of its own cannot be made, or does not do as told
└── DemoError       a part of the demonstration did not come up
"""


class SimulatorError(Exception):
    """Something the simulator can say in one sentence."""


class RegionError(SimulatorError):
    """The list of kiosks is unreadable, or a line is wrong: file, line, value, remedy."""


class IdentityError(SimulatorError):
    """A kiosk's certificate, key or authority is missing or unreadable."""


class EnrolError(SimulatorError):
    """The kiosks' door cannot be reached, or refused a token."""


class DemoError(SimulatorError):
    """A part of the demonstration did not come up, or not in time."""


class MachineError(SimulatorError):
    """A small Debian system cannot be made or booted here, or does not do as told."""
