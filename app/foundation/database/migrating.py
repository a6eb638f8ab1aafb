"""Bringing a database to the current schema, and telling whether the models have moved on."""

from typing import Any

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_generator.state import State

from app.foundation.database import APP_LABEL, Database, orm_config


def _apps(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return config["apps"]


async def migrate(database: Database) -> list[str]:
    """
    Apply what is missing, in order, each migration in a transaction of its own.

    Returns:
        The names of the migrations applied now; none when the schema was current.
    """
    before = await _applied(database)
    executor = MigrationExecutor(database.connection(), _apps(orm_config(database.url)))
    await executor.migrate()
    return sorted(await _applied(database) - before)


async def missing_migrations(database: Database) -> list[str]:
    """Return the names of migrations that this database has not seen; ready means none."""
    apps = _apps(orm_config(database.url))
    recorder = MigrationRecorder(database.connection())
    loader = MigrationLoader(apps, recorder, load=False)
    await loader.build_graph()
    known = {key.name for key in loader.graph.nodes}
    return sorted(known - await _applied(database))


async def drift() -> list[str]:
    """Return what a new migration would hold; nothing when models and migrations agree."""
    writers = await _detector_writers()
    return [repr(operation) for writer in writers for operation in writer.operations]


async def write_migrations(name: str) -> list[str]:
    """Write a migration for what the models have that the migrations do not; return its path."""
    paths: list[str] = []
    for writer in await _detector_writers():
        number = writer.name.split("_", 1)[0]
        writer.name = f"{number}_{name}"
        paths.append(str(writer.write()))
    return paths


async def _detector_writers() -> list[Any]:
    config = orm_config("sqlite:///:memory:")
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        assert context.apps is not None, "the models are loaded"
        return list(await _WordlessDetector(context.apps, _apps(config)).changes())


class _WordlessDetector(MigrationAutodetector):
    """
    Tortoise's detector, without the models' docstrings.

    It would write them into the schema as comments, and its own runner cuts a statement at the
    first semicolon of a comment.
    """

    def _current_state(self) -> State:
        state = super()._current_state()
        for model in state.models.values():
            model.options.pop("table_description", None)
        return state


async def _applied(database: Database) -> set[str]:
    keys = await MigrationRecorder(database.connection()).applied_migrations()
    return {key.name for key in keys if key.app_label == APP_LABEL}
