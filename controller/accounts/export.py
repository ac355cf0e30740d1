"""The audit as a file, a line at a time: CSV for people's spreadsheets, JSON lines for machines."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from controller.accounts.models import AuditEntry

COLUMNS = ("at", "actor", "action", "subject", "why", "address", "details")
#: Begins a CSV file, so that spreadsheets read UTF-8.
BYTE_ORDER_MARK = "\ufeff"
_CHUNK = 500  # entries in memory at a time


class _Line:
    """What csv.writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The head, then an entry a line, the oldest first; `details` is JSON in one cell."""
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    for entry in _oldest_first(entries):
        told = _told(entry)
        details = json.dumps(told["details"], ensure_ascii=False) if told["details"] else ""
        yield writer.writerow([harmless(str(told[name])) for name in COLUMNS[:-1]] + [details])


def json_lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """An object a line, the oldest first."""
    for entry in _oldest_first(entries):
        yield json.dumps(_told(entry), ensure_ascii=False) + "\n"


#: By the ending of a file's name: how it is made, and its media type.
FORMS: Mapping[str, tuple[Callable[[QuerySet[AuditEntry]], Iterator[str]], str]] = {
    "csv": (csv_lines, "text/csv"),
    "jsonl": (json_lines, "application/x-ndjson"),
}


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless("Ambert")
    ("'=1+1", 'Ambert')
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _oldest_first(entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    return entries.order_by("at", "id").iterator(chunk_size=_CHUNK)


def _told(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "why": entry.why,
        "address": entry.address,
        "details": entry.details,
    }
