"""The database itself keeps the audit from being changed.

An entry is never updated, but for the account that it names being deleted, and goes only when it is
older than the one row of `accounts_forgetting`, which retention writes and takes away in its own
transaction. SQLite makes a table anew when its columns are altered, and loses its triggers: whoever
alters AuditEntry runs `create` again.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_TEXT = "the audit is append-only: an entry is neither changed nor taken away"
_COLUMNS = ("id", "at", "actor", "action", "subject", "why", "address", "details")

_SAME = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _COLUMNS)
_SQLITE = (
    f"""CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON accounts_auditentry
        WHEN NOT (NEW.user_id IS NULL AND {_SAME})
        BEGIN SELECT RAISE(ABORT, '{_TEXT}'); END""",
    f"""CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON accounts_auditentry
        WHEN NOT EXISTS (SELECT 1 FROM accounts_forgetting WHERE OLD.at < before)
        BEGIN SELECT RAISE(ABORT, '{_TEXT}'); END""",
)
_POSTGRESQL = (
    f"""CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.user_id IS NULL
                AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id' THEN
                RETURN NEW;
            ELSIF TG_OP = 'DELETE'
                AND EXISTS (SELECT 1 FROM accounts_forgetting WHERE OLD.at < before) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '{_TEXT}' USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
    """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON accounts_auditentry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
)
_SQLITE_BACK = ("DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_deleted")
_POSTGRESQL_BACK = (
    "DROP TRIGGER audit_is_not_emptied ON accounts_auditentry",
    "DROP TRIGGER audit_append_only ON accounts_auditentry",
    "DROP FUNCTION audit_append_only()",
)


def create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Put the triggers there."""
    _run(editor, _POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE)


def drop(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take them away."""
    _run(editor, _POSTGRESQL_BACK if editor.connection.vendor == "postgresql" else _SQLITE_BACK)


def _run(editor: BaseDatabaseSchemaEditor, statements: tuple[str, ...]) -> None:
    for statement in statements:
        editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0004_logins"),
    ]

    operations = [
        migrations.CreateModel(
            name="Forgetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(create, drop),
    ]
