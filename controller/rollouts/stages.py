"""The stages of a rollout, its waves and its kiosks, as planner and tables name them. Pure."""

from enum import StrEnum


class Kind(StrEnum):
    """What is brought to the kiosks."""

    RELEASE = "release"  # states, hooks, agent and firmware of a signed release
    CONFIGURATION = "configuration"  # the pillar as of a later revision, by the release they have


class OnFailure(StrEnum):
    """What a rollout does by itself once too many kiosks of a wave have failed."""

    PAUSE = "pause"
    REVERT = "revert"  # what was done to the kiosks of this wave and those before is undone


class Stage(StrEnum):
    """The life of a rollout."""

    PROPOSED = "proposed"  # waits for somebody to approve it
    RUNNING = "running"
    PAUSED = "paused"  # by a person
    STOPPED = "stopped"  # by itself: a wave failed
    REVERTING = "reverting"
    DONE = "done"  # every kiosk has it, or is out of reach for good: see its targets
    REVERTED = "reverted"
    ABORTED = "aborted"  # by a person; what was under way went to its end

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self in (Stage.DONE, Stage.REVERTED, Stage.ABORTED)


class WaveStage(StrEnum):
    """The life of a wave."""

    WAITING = "waiting"
    RUNNING = "running"
    SOAKING = "soaking"  # all of its kiosks are done: whether they stay well is looked at
    PASSED = "passed"
    FAILED = "failed"


class TargetStage(StrEnum):
    """How far one kiosk is."""

    WAITING = "waiting"  # its wave has not begun, or it is offline, in session, out of its window
    APPLYING = "applying"  # a job was given
    CHECKING = "checking"  # applied; whether anything is left to change is asked (drift)
    PROVING = "proving"  # the agent must be back and the peripherals no worse than before
    SUCCEEDED = "succeeded"  # it may still fail while its wave soaks
    FAILED = "failed"
    MISSED = "missed"  # never reached within the rollout's life
    SKIPPED = "skipped"  # the rollout ended before its turn
    REVERTING = "reverting"  # the job that undoes it was given
    REVERTED = "reverted"
    REVERT_FAILED = "revert-failed"

    @property
    def is_under_way(self) -> bool:
        """Whether something is being done to it now."""
        return self in (
            TargetStage.APPLYING,
            TargetStage.CHECKING,
            TargetStage.PROVING,
            TargetStage.REVERTING,
        )


class Why(StrEnum):
    """Why a kiosk waits, failed, or was left out: a code that the reader's language is given to.

    A target's `reason` is a code, or a code and a detail after `: `.
    """

    OFFLINE = "offline"
    IN_SESSION = "in-session"
    OUT_OF_WINDOW = "out-of-window"
    NO_MINION_KEY = "no-minion-key"  # the master does not know this kiosk
    BUSY = "busy"  # another state.apply runs on it
    SALT_AWAY = "salt-away"  # the master or its API does not answer
    PILLAR_FAILED = "pillar-failed"
    STATES_INVALID = "states-invalid"  # they could not be read: the release is at fault
    STATE_FAILED = "state-failed"  # its details name which
    NO_RETURN = "no-return"
    DRIFTED = "drifted"  # applied, and something is still to be changed
    AGENT_AWAY = "agent-away"  # the agent did not come back in time
    WORSE = "worse"  # a peripheral that worked before does not: the detail names it
    NOTHING_BEFORE = "nothing-before"  # there is nothing known to go back to
    NOT_ACTIVE = "not-active"  # planned or retired
    NO_RELEASE = "no-release"  # it has none yet that could apply a configuration
    OTHER_ROLLOUT = "other-rollout"  # it is in one that is not over
    EXPIRED = "expired"  # the rollout's life ended first


class Compliant(StrEnum):
    """Whether a kiosk is as it should be."""

    YES = "compliant"
    NO = "drifted"
    UNKNOWN = "unknown"  # it could not be checked, or not lately


def because(why: Why, detail: str = "") -> str:
    """The text of a target's reason.

    >>> because(Why.WORSE, "camera-1")
    'worse: camera-1'
    """
    return f"{why}: {detail}" if detail else str(why)
