from django.db import migrations, models


def _cover_all(apps, schema_editor):
    """Tokens made before there were scopes keep doing what they did."""
    apps.get_model("accounts", "ApiToken").objects.update(
        scopes=["act", "admin", "alerts", "configure", "read"]
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_api_token'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='scopes',
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(_cover_all, migrations.RunPython.noop),
    ]
