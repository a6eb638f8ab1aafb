"""Taking a column away in place, on both databases."""

from tortoise.migrations.operations import RemoveField
from tortoise.migrations.schema_editor import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class DropColumn(RemoveField):
    """
    A column that is no longer needed, dropped where it stands.

    Tortoise's own step makes the table again on SQLite, and forgets its indexes on the way.
    """

    async def database_forward(
        self,
        app_label: str,
        old_state: State,
        new_state: State,  # noqa: ARG002 - Tortoise's own
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        """Drop the column; both databases do so without touching other columns."""
        if state_editor is None:
            return
        about = old_state.apps.get_model(f"{app_label}.{self.model_name}")._meta  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's name for it
        column = about.fields_db_projection[self.name]
        await state_editor.client.execute_script(
            f'ALTER TABLE "{about.db_table}" DROP COLUMN "{column}"'
        )
