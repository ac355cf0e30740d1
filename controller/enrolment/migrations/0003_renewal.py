import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("enrolment", "0002_certificate_pem"),
    ]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="replaces",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="successor",
                to="enrolment.certificate",
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="ends_at",
            field=models.DateTimeField(null=True),
        ),
    ]
