"""The audit as a file, through filters."""

import argparse
import csv
import io
import json
from datetime import UTC, date, datetime

import pytest

from controller.accounts.audit_cli import register
from controller.accounts.export import BYTE_ORDER_MARK, COLUMNS, csv_lines, json_lines
from controller.accounts.models import AuditEntry
from controller.accounts.selectors import AuditFilters, audit_entries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _audit() -> None:
    for day, actor, action, subject in (
        (2, "marie", "command.reboot", "pvp-1"),
        (1, "paul", "login", "paul"),
        (3, "marie", "command.ping", "pvp-2"),
    ):
        AuditEntry.objects.create(
            at=datetime(2026, 11, day, 12, tzinfo=UTC), actor=actor, action=action,
            subject=subject, why='=écran "noir"\nencore', details={"is_forced": True},
        )  # fmt: skip


def actions(filters: AuditFilters) -> list[str]:
    return [entry.action for entry in audit_entries(filters)]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (AuditFilters(), ["command.ping", "command.reboot", "login"]),
        (AuditFilters(actor="paul"), ["login"]),
        (AuditFilters(action="command."), ["command.ping", "command.reboot"]),
        (AuditFilters(subject="pvp-1"), ["command.reboot"]),
        (AuditFilters(since=date(2026, 11, 2)), ["command.ping", "command.reboot"]),
        (AuditFilters(until=date(2026, 11, 2)), ["command.reboot", "login"]),
        (AuditFilters(since=date(2026, 11, 4)), []),
    ],
)
def test_a_filter_leaves_out_what_it_says(filters: AuditFilters, found: list[str]) -> None:
    assert actions(filters) == found


def test_csv_is_read_back_as_it_was_and_starts_no_formula() -> None:
    text = "".join(csv_lines(audit_entries(AuditFilters())))
    assert text.startswith(BYTE_ORDER_MARK)
    head, *rows = csv.reader(io.StringIO(text[1:], newline=""))
    assert head == list(COLUMNS)
    assert [row[2] for row in rows] == ["login", "command.reboot", "command.ping"]
    assert rows[0][0] == "2026-11-01T12:00:00+00:00"
    assert rows[0][4] == '\'=écran "noir"\nencore'
    assert json.loads(rows[0][6]) == {"is_forced": True}


def test_json_lines_are_an_object_each() -> None:
    lines = list(json_lines(audit_entries(AuditFilters(actor="marie"))))
    told = [json.loads(line) for line in lines]
    assert [one["action"] for one in told] == ["command.reboot", "command.ping"]
    assert told[0]["why"] == '=écran "noir"\nencore'
    assert all(line.count("\n") == 1 for line in lines)


def run(*argv: str) -> int:
    """`vigie`, in a process whose Django is set up already."""
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    args = parser.parse_args(argv)
    return int(args.run(args))


def test_the_command_line_writes_it_and_says_so_in_the_audit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("audit", "export", "--form", "jsonl", "--actor", "marie") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    entry = AuditEntry.objects.get(action="audit.export")
    assert entry.details == {"form": "jsonl", "actor": "marie"}


def test_a_day_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("audit", "export", "--since", "yesterday")
    assert "'yesterday' is no day such as" in capsys.readouterr().err
