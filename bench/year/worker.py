"""The worker's evaluation and telling, a turn for each line that comes in: the year's time.

It answers each line with the next instant at which time alone decides something, or with nothing,
once that turn is committed. Started, and killed, by bench.year.chaos.
"""

import sys
import time
from datetime import datetime, timedelta

from controller.foundation import set_up_django

_RETRY_S = 0.1


def main() -> None:
    """Serve until the input ends."""
    set_up_django()
    from django.db import Error, connection

    from controller.alerts.evaluate import due as next_due
    from controller.alerts.evaluate import turn as evaluate
    from controller.notify.deliver import turn as deliver

    def turn(now: datetime) -> datetime | None:
        decided = evaluate(now)
        while deliver(now):
            pass
        due = next_due()
        # What is to be told waits a little for what else is to be told.
        soon = now + timedelta(seconds=25) if decided else None
        return min((at for at in (due, soon) if at is not None), default=None)

    for line in sys.stdin:
        now = datetime.fromisoformat(line.strip())
        while True:
            try:
                due = turn(now)
                break
            except Error:
                connection.close()
                time.sleep(_RETRY_S)
        print(due.isoformat() if due else "", flush=True)


if __name__ == "__main__":
    main()
