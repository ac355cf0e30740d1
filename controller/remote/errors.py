"""What can go wrong between here and the controller.

VigieError
├── RemoteError      the controller understood, and would not            exit code 1
├── Unreachable      it does not answer, or not as a controller does     exit code 3
└── ShutOut          it does not know the token, or it covers too little exit code 4
"""

from controller.errors import VigieError


class RemoteError(VigieError):
    """The controller's own words."""

    exit_code = 1


class Unreachable(VigieError):  # noqa: N818 - reads as the answer it is
    """No answer, or none that a controller gives."""

    exit_code = 3


class ShutOut(VigieError):  # noqa: N818 - reads as the answer it is
    """Not logged in, or not for this person or token."""

    exit_code = 4
