"""Times as this database's driver wants them."""

from datetime import datetime

from django.db import connection

Stamp = str | datetime


def stamp(at: datetime) -> Stamp:
    """A time to write: a text for SQLite."""
    adapted: Stamp = connection.ops.adapt_datetimefield_value(at)  # type: ignore[assignment]
    return adapted
