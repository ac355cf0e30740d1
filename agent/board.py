"""The board: what is known of each device now, and which of it is news."""

from msgspec import Struct

from agent.scheduler import Result
from contract.health import DeviceState, Health, Verdict, verdict

#: A device that went must stay away this long before it is said: starting CUPS alone takes a
#: USB printer away and gives it back within 40 ms. Longer, and the region hears of it too late.
HOLD_S = 0.5


class Change(Struct, frozen=True):
    """What is news: devices as they are now, and ids of those that are no more."""

    devices: tuple[DeviceState, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.devices or self.removed)


class _Loss(Struct, frozen=True):
    """A device seen to be gone, not yet said. `state` is None when nobody declared it."""

    due: float
    state: DeviceState | None


class Board:
    """The latest state of each device. Times are of the monotonic clock, in seconds."""

    def __init__(self, required: frozenset[str], hold_s: float = HOLD_S) -> None:
        self._required = required
        self._hold_s = hold_s
        self._devices: dict[str, DeviceState] = {}
        self._seen_by: dict[str, str] = {}  # device id -> name of the probe that reports it
        self._losses: dict[str, _Loss] = {}

    def apply(self, result: Result, now: float) -> Change:
        """Take in what a probe found; answer what changed.

        Health, reasons or facts make a change; metrics alone do not. That a device is missing or
        no longer reported is held back for `hold_s`: when it returns within, nothing was said.
        """
        news: list[DeviceState] = []
        for state in result.states:
            self._seen_by[state.id] = result.probe
            known = self._devices.get(state.id)
            if _is_loss(known, state):
                self._hold(state.id, state, now)
                continue
            self._losses.pop(state.id, None)
            self._devices[state.id] = state
            if known is None or _differs(known, state):
                news.append(state)
        reported = {state.id for state in result.states}
        for name, probe in self._seen_by.items():
            if probe == result.probe and name not in reported:
                self._hold(name, None, now)
        late = self.settle(now)
        return Change((*news, *late.devices), late.removed)

    def settle(self, now: float) -> Change:
        """The losses that have now held long enough."""
        due = [name for name, loss in self._losses.items() if loss.due <= now]
        news: list[DeviceState] = []
        removed: list[str] = []
        for name in due:
            state = self._losses.pop(name).state
            if state is None:
                del self._seen_by[name]
                self._devices.pop(name, None)
                removed.append(name)
            else:
                self._devices[name] = state
                news.append(state)
        return Change(tuple(news), tuple(removed))

    def next_due(self) -> float | None:
        """When `settle` next has something to say; None when nothing is held back."""
        return min((loss.due for loss in self._losses.values()), default=None)

    def devices(self) -> tuple[DeviceState, ...]:
        """Every device, by id."""
        return tuple(self._devices[name] for name in sorted(self._devices))

    def verdict(self) -> Verdict:
        """Whether a citizen can be received."""
        return verdict(self._devices.values(), self._required)

    def _hold(self, name: str, state: DeviceState | None, now: float) -> None:
        held = self._losses.get(name)
        self._losses[name] = _Loss(held.due if held else now + self._hold_s, state)


def _is_loss(known: DeviceState | None, state: DeviceState) -> bool:
    return (
        state.health is Health.MISSING and known is not None and known.health is not Health.MISSING
    )


def _differs(known: DeviceState, state: DeviceState) -> bool:
    return (known.kind, known.health, known.reasons, known.facts) != (
        state.kind,
        state.health,
        state.reasons,
        state.facts,
    )
