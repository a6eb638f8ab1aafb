from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("qingmiao", "0007_staff_and_pushes")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="NotificationRow",
            index=Index(fields=["borrower_id", "created_at", "id"]),
        ),
    ]
