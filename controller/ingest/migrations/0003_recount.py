"""Readings were made anew: count again what was received."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('fleet', '0003_series'),
        ('ingest', '0002_rollup'),
    ]

    operations = [
        migrations.RunSQL("UPDATE ingest_rollup SET up_to = 0", migrations.RunSQL.noop),
    ]
