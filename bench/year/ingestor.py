"""`vigie ingest` as it is, living in the year's time. Started by bench.year.chaos."""

import sys
from pathlib import Path

from bench.year.clock import FileClock
from controller.foundation import set_up_django


def main(clock: Path) -> None:
    """Serve until killed."""
    set_up_django()
    from django.conf import settings

    from controller.ingest.process import build
    from controller.ingest.reader import reader_class

    name = "vigie-ingest"
    build(settings.VIGIE, reader_class()(name), name, clock=FileClock(clock).now).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
