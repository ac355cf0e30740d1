"""`vigie ingest` as it is, with a watch on it: when was each message committed?

Started by bench.ingest with the reader to use, the number of messages to wait for and the file to
write what it saw to. A message's age is taken when its transaction has returned, from the `at` it
was published with, by the same clock.
"""

import json
import sys
import time
from datetime import datetime
from pathlib import Path

import msgspec

from controller.foundation import set_up_django


class _At(msgspec.Struct):
    at: datetime


def main(reader: str, count: int, result: Path) -> None:
    """Serve until `count` messages are committed; write their ages in ms and the time it took."""
    set_up_django()
    from django.conf import settings

    from controller.ingest import process
    from controller.ingest.reader import AnyClient, Arrival, FastClient, StockClient

    name = "vigie-ingest"
    client: AnyClient = FastClient(name) if reader == "fast" else StockClient(name)
    link = process.build(settings.VIGIE, client, name)
    commit = link.commit
    decode = msgspec.json.Decoder(_At).decode
    ages: list[float] = []
    first_at = 0.0
    cpu_s = 0.0

    def watched(batch: list[Arrival]) -> list[tuple[str, bytes]]:
        nonlocal first_at, cpu_s
        if not ages:
            first_at, cpu_s = time.time(), time.process_time()
        answers = commit(batch)
        now = time.time()
        ages.extend((now - decode(item.payload).at.timestamp()) * 1000 for item in batch)
        if len(ages) >= count:
            link.stop()
        return answers

    link.commit = watched
    link.run()
    seen = {
        "ages_ms": ages,
        "took_s": time.time() - first_at,
        "cpu_us": (time.process_time() - cpu_s) / len(ages) * 1e6,
    }
    result.write_text(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
