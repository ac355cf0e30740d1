"""The life of a command on the kiosk: heard, checked, journalled, done once, answered."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, UnsetType

from agent.clock import Clock
from agent.commands import Teller, Work
from agent.errors import StoreError
from agent.journal import Entry, Journal
from agent.outbox import Outbox
from agent.spool import Rank
from agent.voice import Voice
from contract.commands import CommandState, parse_args, spec
from contract.errors import CommandError, MessageError
from contract.health import DeviceState, is_in_session
from contract.messages import Command, Piece, decode, encode
from contract.reasons import OutcomeReason, because
from contract.topics import Channel

log = logging.getLogger(__name__)

#: The same step of a command is not said again sooner, however far it has come.
PROGRESS_S = 5.0
_MAX_STEP = 100


class Orders:
    """Receives commands; `said` is called whenever there is an outcome to send."""

    def __init__(
        self,
        outbox: Outbox,
        journal: Journal,
        voice: Voice,
        clock: Clock,
        devices: Callable[[], Iterable[DeviceState]],
        said: Callable[[], None],
        rare: Callable[[str], Work | None] = lambda _: None,
    ) -> None:
        """`rare` makes the command of a name that `learn` was not told."""
        self._outbox, self._journal, self._voice = outbox, journal, voice
        self._clock, self._devices, self._said, self._rare = clock, devices, said, rare
        self._works: dict[str, Work] = {}
        self._under_way: dict[str, str] = {}  # command id -> name
        self._refused: set[str] = set()  # answered without a journal: not again in this life

    @property
    def is_disrupting(self) -> bool:
        """Whether a command is under way that disturbs whoever uses the kiosk."""
        return any(spec(name).is_disruptive for name in self._under_way.values())

    def learn(self, works: Iterable[Work]) -> None:
        """Which commands there are."""
        self._works = {work.name: work for work in works}

    def receive(self, payload: bytes, left_s: int | None) -> None:
        """Take a command in. `left_s` is how long the broker would still have kept it."""
        try:
            command = decode(Channel.COMMAND, payload)
        except MessageError as err:
            log.error("a command is ignored: %s", err)
            return
        if not isinstance(command, Command):
            return
        try:
            if command.id in self._refused or self._journal.find(command.id) is not None:
                log.info("command %s was heard before: it is not run twice", command.id)
                return
            self._take(command, left_s)
        except StoreError as err:
            # What is not on disk before it is done could be done twice.
            self._refused.add(command.id)
            reason = because(OutcomeReason.JOURNAL_NOT_WRITABLE, str(err))
            self._answer(command.id, CommandState.REFUSED, reason)

    def reconcile(self) -> None:
        """After a start: take up what was not finished when the agent ended."""
        try:
            unfinished = self._journal.unfinished()
        except StoreError:
            return  # said by the outbox
        for entry in unfinished:
            work = self._work(entry.name)
            if work is None:
                reason = because(OutcomeReason.COMMAND_UNKNOWN, entry.name)
                self._teller(entry)(CommandState.UNKNOWN, reason)
            elif entry.state is CommandState.ACCEPTED:
                # Running is written before anything is done, so nothing was.
                reason = because(OutcomeReason.ENDED_BEFORE_BEGUN)
                self._teller(entry)(CommandState.FAILED, reason)
            else:
                self._under_way[entry.id] = entry.name
                work.resume(entry, self._teller(entry))

    def _work(self, name: str) -> Work | None:
        if name not in self._works and (work := self._rare(name)) is not None:
            self._works[name] = work
        return self._works.get(name)

    def _take(self, command: Command, left_s: int | None) -> None:
        entry = Entry(
            id=command.id,
            name=command.name,
            args=command.args,
            state=CommandState.ACCEPTED,
            boot_id=self._voice.boot_id,
            began_at=self._clock.utc(),
            before={state.id: str(state.health) for state in self._devices()},
        )
        late = expired(command, self._clock.utc(), left_s, is_trusted=self._clock.is_trusted())
        refusal = self._refusal(command)
        if late is not None:
            self._record(entry, CommandState.EXPIRED, late)
        elif refusal is not None:
            self._record(entry, CommandState.REFUSED, refusal)
        else:
            log.info("command %s: %s", command.id, command.name)
            self._record(entry, CommandState.ACCEPTED)
            self._record(entry, CommandState.RUNNING)
            self._under_way[entry.id] = entry.name
            self._works[entry.name].begin(entry, self._teller(entry))

    def _refusal(self, command: Command) -> str | None:
        work = self._work(command.name)
        if work is None:
            return because(OutcomeReason.COMMAND_UNKNOWN, command.name)
        try:
            args = parse_args(command.name, command.args)
        except CommandError as err:
            return because(OutcomeReason.ARGUMENTS_INVALID, str(err))
        if (
            spec(command.name).yields_to_session
            and not command.is_forced
            and is_in_session(self._devices())
        ):
            return because(OutcomeReason.IN_SESSION)
        disruptive = [name for name in self._under_way.values() if spec(name).is_disruptive]
        if disruptive:
            return because(OutcomeReason.OTHER_UNDER_WAY, disruptive[0])
        return work.hindrance(args) or None

    def _teller(self, entry: Entry) -> Teller:
        return _Teller(self, entry)

    def tell_end(
        self, entry: Entry, state: CommandState, reason: str, result: Mapping[str, Any] | None
    ) -> None:
        """A command has ended: on disk if at all possible."""
        self._under_way.pop(entry.id, None)
        log.info("command %s (%s): %s %s", entry.id, entry.name, state, reason)
        try:
            decode(
                Channel.OUTCOME,
                encode(self._voice.outcome(entry.id, state, reason, result)("0" * 16, 1)),
            )
        except MessageError as err:  # how it ended counts more than what it found
            log.error("the result of %s is not sent: %s", entry.name, err)
            result = None
        try:
            self._record(entry, state, reason, result)
        except StoreError:
            self._answer(entry.id, state, reason, result)

    def tell_more(
        self,
        entry: Entry,
        result: Mapping[str, Any] | None = None,
        piece: Piece | UnsetType = UNSET,
    ) -> None:
        """A command that runs has something to say: worth less than any change."""
        if entry.id in self._under_way:
            told = self._voice.outcome(entry.id, CommandState.RUNNING, result=result, piece=piece)
            self._outbox.push(told, Rank.ROUTINE)
            self._said()

    @property
    def now(self) -> float:
        """Of the monotonic clock."""
        return self._clock.monotonic()

    @property
    def journal(self) -> Journal:
        """Where commands are kept."""
        return self._journal

    def _record(
        self,
        entry: Entry,
        state: CommandState,
        reason: str = "",
        result: Mapping[str, Any] | None = None,
    ) -> None:
        """Journal and outcome, both or neither. Raises StoreError."""
        self._outbox.push_on_disk(
            self._voice.outcome(entry.id, state, reason, result),
            Rank.OUTCOME,
            also=lambda: self._journal.write(entry._replace(state=state)),
        )
        self._said()

    def _answer(
        self,
        command: str,
        state: CommandState,
        reason: str,
        result: Mapping[str, Any] | None = None,
    ) -> None:
        self._outbox.push(self._voice.outcome(command, state, reason, result), Rank.OUTCOME)
        self._said()


class _Teller:
    """One command's voice (see `Teller`)."""

    def __init__(self, orders: Orders, entry: Entry) -> None:
        self._orders, self._entry = orders, entry
        self._step, self._said_at = "", float("-inf")

    def __call__(
        self, state: CommandState, reason: str = "", result: Mapping[str, Any] | None = None
    ) -> None:
        self._orders.tell_end(self._entry, state, reason, result)

    def progress(self, percent: int, step: str) -> None:
        """Said when the step is another, or has been for a while."""
        now = self._orders.now
        if step == self._step and now < self._said_at + PROGRESS_S:
            return
        self._step, self._said_at = step, now
        found = {"progress_percent": min(max(percent, 0), 100), "step": step[:_MAX_STEP]}
        self._orders.tell_more(self._entry, found)

    def piece(self, piece: Piece) -> None:
        self._orders.tell_more(self._entry, piece=piece)

    def note(self, text: str) -> None:
        self._orders.journal.note(self._entry.id, text)

    def noted(self) -> str:
        return self._orders.journal.noted(self._entry.id)


def expired(command: Command, now: datetime, left_s: int | None, *, is_trusted: bool) -> str | None:
    """Why a command comes too late; None when it does not.

    The broker counts down `left_s` by its own clock; the hour in the command is judged only by a
    clock that is trusted. When neither can tell, it is too late: a reboot may be days old.
    """
    if is_trusted and now >= command.expires_at:
        detail = f"{_hour(now)} > {_hour(command.expires_at)}"
        return because(OutcomeReason.EXPIRED_BEFORE_IT_CAME, detail)
    if left_s is not None:
        return None if left_s > 0 else because(OutcomeReason.EXPIRED_BEFORE_IT_CAME)
    return None if is_trusted else because(OutcomeReason.AGE_UNKNOWN)


def _hour(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
