"""Readings name their series once. Made anew: they are counted again from what was received."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fleet', '0002_reading_by_age'),
    ]

    operations = [
        migrations.DeleteModel(name='Reading'),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(max_length=64)),
                ('metric', models.CharField(max_length=64)),
                ('kiosk', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='series', to='fleet.kiosk')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kiosk', 'device', 'metric'), name='series_once')],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resolution', models.IntegerField(choices=[(3600, 'Hour'), (86400, 'Day')])),
                ('start', models.BigIntegerField()),
                ('minimum', models.FloatField()),
                ('mean', models.FloatField()),
                ('maximum', models.FloatField()),
                ('count', models.IntegerField()),
                ('series', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='fleet.series')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('series', 'resolution', 'start'), name='reading_once')],
            },
        ),
    ]
