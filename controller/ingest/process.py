"""One ingest process put together."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from controller.commands import outcomes
from controller.config import Config
from controller.ingest.link import Endpoint, Link
from controller.ingest.loop import Ingest
from controller.ingest.reader import AnyClient
from controller.ingest.store import Store


def build(
    config: Config,
    client: AnyClient,
    name: str,
    group: str | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> Link:
    """A link that serves until it is stopped; `group` shares the reports with other ingests."""
    pki = config.home / "pki"
    endpoint = Endpoint(
        config.broker.host,
        config.broker.port,
        pki / "ca.pem",
        pki / f"{name}.pem",
        pki / f"{name}.key",
    )

    def wait(seconds: float) -> bool:
        link.keep_alive(seconds)
        return not link.is_stopping

    store = Store(name, outcomes.heard, config.retention.rejected_rows)
    link = Link(client, endpoint, Ingest(store, wait, clock).commit, group=group)
    return link
