"""How far an outbox is committed: which numbers are new, which are lost for ever. Pure."""

from dataclasses import dataclass, field

#: A kiosk sends at most 50 unacknowledged messages; far beyond that it is not one of ours.
MAX_AHEAD = 1000


@dataclass(slots=True)
class Progress:
    """One epoch of one kiosk. All up to `watermark` is stored or lost; `ahead` is stored beyond it.

    >>> progress = Progress()
    >>> progress.accept(1, floor=1), progress.accept(3, floor=1), progress.watermark
    (True, True, 1)
    >>> progress.accept(3, floor=1)
    False
    >>> progress.accept(2, floor=1), progress.watermark
    (True, 3)
    >>> progress.accept(7, floor=6), progress.watermark, progress.gaps
    (True, 5, [(4, 5)])
    """

    watermark: int = 0
    ahead: set[int] = field(default_factory=set)
    gaps: list[tuple[int, int]] = field(default_factory=list)  # found by this batch
    is_spoken_of: bool = False  # by this batch

    def accept(self, seq: int, floor: int) -> bool:
        """Take one message in; False when it was stored before, or is absurdly far ahead."""
        self.is_spoken_of = True
        if seq == self.watermark + 1:
            self.watermark = seq
            self._close_up()
            return True
        floor = min(floor, seq)
        if floor - 1 > self.watermark:
            self._give_up_below(floor)
        if seq <= self.watermark or seq in self.ahead or len(self.ahead) >= MAX_AHEAD:
            return False
        self.ahead.add(seq)
        self._close_up()
        return True

    def _give_up_below(self, floor: int) -> None:
        present = sorted(seq for seq in self.ahead if seq < floor)
        first = self.watermark + 1
        for seq in [*present, floor]:
            if seq > first:
                self.gaps.append((first, seq - 1))
            first = seq + 1
        self.watermark = floor - 1
        self.ahead.difference_update(present)
        self._close_up()

    def _close_up(self) -> None:
        while self.watermark + 1 in self.ahead:
            self.watermark += 1
            self.ahead.discard(self.watermark)
