"""When the public is received: some probes look closer before, and a dark screen matters within."""

from datetime import datetime, time, timedelta

from msgspec import Struct

Span = tuple[time, time]


class Hours(Struct, frozen=True):
    """Opening hours by day of the week, Monday first, in the kiosk's own time zone.

    Without any (`week` empty) a kiosk is always open.
    """

    week: tuple[tuple[Span, ...], ...] = ()

    def is_open(self, at: datetime) -> bool:
        """Whether the public is received at this local time.

        >>> noon = (time(9), time(12)), (time(14), time(17))
        >>> hours = Hours((noon, noon, noon, noon, noon, (), ()))
        >>> hours.is_open(datetime(2026, 11, 24, 11, 59)), hours.is_open(datetime(2026, 11, 24, 12))
        (True, False)
        """
        if not self.week:
            return True
        return any(start <= at.time() < end for start, end in self.week[at.weekday()])

    def opens_in(self, at: datetime) -> timedelta | None:
        """How long until it opens next; None while it is open, or never opens.

        >>> hours = Hours(((), ((time(9), time(12)),), (), (), (), (), ()))
        >>> hours.opens_in(datetime(2026, 11, 24, 8, 30))
        datetime.timedelta(seconds=1800)
        """
        if self.is_open(at):
            return None
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(8):
            day = midnight + timedelta(days=ahead)
            for start, _ in self.week[day.weekday()]:
                opening = day.replace(hour=start.hour, minute=start.minute)
                if opening > at:
                    return opening - at
        return None


def parse_spans(text: str) -> tuple[Span, ...]:
    """The spans of one day.

    >>> parse_spans("09:00-12:00 14:00-17:30")[1]
    (datetime.time(14, 0), datetime.time(17, 30))

    Raises ValueError for anything else, and for spans out of order.
    """
    spans = [_span(word) for word in text.replace(",", " ").split()]
    bounds = [bound for span in spans for bound in span]
    if bounds != sorted(set(bounds)):
        raise ValueError(f"{text!r} is out of order")
    return tuple(spans)


def _span(word: str) -> Span:
    start, dash, end = word.partition("-")
    if not dash:
        raise ValueError(f"{word!r} is no span")
    return time.fromisoformat(start), time.fromisoformat(end)
