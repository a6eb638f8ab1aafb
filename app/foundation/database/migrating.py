"""Bringing a database to the current schema, and telling whether the models have moved on."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget, PlanStep
from tortoise.migrations.graph import MigrationGraph, MigrationKey
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.operations import CreateModel, Operation
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import (
    AsyncpgSchemaEditor,
    BaseSchemaEditor,
    SqliteSchemaEditor,
)
from tortoise.migrations.schema_generator.state import State
from tortoise.transactions import in_transaction

from app.foundation.database import Database
from app.foundation.database.failures import mapped_failures
from app.foundation.database.urls import APP_LABEL, MIGRATIONS_MODULE, orm_config

LOCK = 7_164_661_511
"""The number under which processes that migrate one PostgreSQL database take turns."""

EDITORS = {"sqlite": SqliteSchemaEditor, "postgres": AsyncpgSchemaEditor}


async def migrate(database: Database) -> list[str]:
    """
    Apply what is missing, in order: all of it with its record, or nothing.

    Processes that start together take turns, so the second one finds the work done. Tortoise's
    runner alone records a migration after committing it: a process killed in between could never
    start again.

    Returns:
        The names of the migrations applied now; none when the schema was current.

    Raises:
        TemporarilyUnavailable: The database is busy or away; nothing was changed.
    """
    alias = database.connection().connection_name
    with mapped_failures():
        async with in_transaction(alias) as connection:
            if connection.capabilities.dialect == "postgres":
                await connection.execute_query_dict("SELECT pg_advisory_xact_lock($1)", [LOCK])
            editor = EDITORS[connection.capabilities.dialect](connection, atomic=False)
            await MigrationRecorder(connection).ensure_schema(editor)
            before = await _applied(connection)
            apps = _apps(orm_config(database.url, database.migrations))
            await _Executor(connection, apps).migrate(direction="forward")
            return sorted(await _applied(connection) - before)


async def missing_migrations(database: Database) -> list[str]:
    """
    Return the names of migrations that this database has not seen; ready means none.

    Raises:
        TemporarilyUnavailable: The database is busy or away.
    """
    apps = _apps(orm_config(database.url, database.migrations))
    connection = database.connection()
    loader = MigrationLoader(apps, MigrationRecorder(connection), load=False)
    loader.load_disk()
    known = {key.name for key in loader.disk_migrations}
    with mapped_failures():
        return sorted(known - await _applied(connection))


async def drift(migrations: str = MIGRATIONS_MODULE) -> list[str]:
    """Return what a new migration would hold; nothing when models and migrations agree."""
    writers = await _detector_writers(migrations)
    return [repr(operation) for writer in writers for operation in writer.operations]


async def write_migrations(name: str, migrations: str = MIGRATIONS_MODULE) -> list[str]:
    """Write a migration for what the models have that the migrations do not; return its path."""
    paths: list[str] = []
    for writer in await _detector_writers(migrations):
        number = writer.name.split("_", 1)[0]
        writer.name = f"{number}_{name}"
        paths.append(str(writer.write()))
    return paths


async def _detector_writers(migrations: str) -> list[Any]:
    config = orm_config("sqlite:///no-file-is-opened", migrations)
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        assert context.apps is not None, "the models are loaded"
        return list(await _Detector(context.apps, _apps(config)).changes())


class _Executor(MigrationExecutor):
    """
    Tortoise's runner, making the tables that follow one another in one step.

    It copies all it knows of the schema before every step, which making a table never looks at: of
    a hundred tables that is nearly all of its time.
    """

    def _migration_plan(
        self,
        targets: Iterable[MigrationTarget] | None,
        applied: set[MigrationKey],
        graph: MigrationGraph,
    ) -> list[PlanStep]:
        plan = super()._migration_plan(targets, applied, graph)
        for step in plan:
            grouped = groupby(step.migration.operations, key=_makes_table)
            step.migration.operations = [
                one
                for are_tables, steps in grouped
                for one in ([_Tables(list(steps))] if are_tables else steps)
            ]
        return plan


def _makes_table(operation: Operation) -> bool:
    return isinstance(operation, CreateModel)


class _Tables(Operation):
    """Several tables made one after another."""

    def __init__(self, tables: Sequence[Operation]) -> None:
        self._tables = tables

    def state_forward(self, app_label: str, state: State) -> None:
        for table in self._tables:
            table.state_forward(app_label, state)

    async def database_forward(
        self,
        app_label: str,
        old_state: State,
        new_state: State,
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        for table in self._tables:
            await table.database_forward(app_label, old_state, new_state, state_editor)


class _Detector(MigrationAutodetector):
    """
    Tortoise's detector, without two of its mistakes.

    It would write the models' docstrings into the schema as comments, and its own runner cuts a
    statement at the first semicolon of a comment. It would also forget that we number some rows
    ourselves, and let the database number them.
    """

    def _current_state(self) -> State:
        state = super()._current_state()
        for model in state.models.values():
            model.options.pop("table_description", None)
            for field in model.fields.values():
                if field.pk and not field.generated:
                    field.deconstruct = partial(_ungenerated, field.deconstruct)
        return state


Parts = tuple[str, list[Any], dict[str, Any]]


def _ungenerated(deconstruct: Callable[[], Parts]) -> Parts:
    path, positional, named = deconstruct()
    return path, positional, {**named, "generated": False}


def _apps(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return config["apps"]


async def _applied(connection: BaseDBAsyncClient) -> set[str]:
    """Read the record; Tortoise's own reader takes an unreachable database for a new one."""
    recorded = {
        "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'",
        "postgres": "SELECT 1 WHERE to_regclass('tortoise_migrations') IS NOT NULL",
    }
    if not await connection.execute_query_dict(recorded[connection.capabilities.dialect]):
        return set()
    rows = await connection.execute_query_dict("SELECT app, name FROM tortoise_migrations")
    return {row["name"] for row in rows if row["app"] == APP_LABEL}
