"""Bringing a database to the current schema, and telling whether the models have moved on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget, PlanStep
from tortoise.migrations.graph import MigrationGraph, MigrationKey
from tortoise.migrations.operations import AddField, CreateModel, Operation
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import (
    AsyncpgSchemaEditor,
    BaseSchemaEditor,
    SqliteSchemaEditor,
)
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.transactions import in_transaction

from app.foundation.database import Database
from app.foundation.database.failures import mapped_failures
from app.foundation.database.urls import (
    APP_LABEL,
    MIGRATIONS_MODULE,
    known_migrations,
    orm_config,
)

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
    known = known_migrations(database.migrations)
    with mapped_failures():
        return sorted(known - await _applied(database.connection()))


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
    Tortoise's runner, taking steps of one kind that follow one another as one.

    It copies all it knows of the schema before every step, which neither making a table nor adding
    a column looks at: of a hundred tables that is nearly all of its time.
    """

    def _migration_plan(
        self,
        targets: Iterable[MigrationTarget] | None,
        applied: set[MigrationKey],
        graph: MigrationGraph,
    ) -> list[PlanStep]:
        plan = super()._migration_plan(targets, applied, graph)
        for step in plan:
            grouped = groupby(step.migration.operations, key=type)
            step.migration.operations = [
                one
                for kind, steps in grouped
                for one in ([_Together(list(steps))] if kind in ADDING else steps)
            ]
        return plan


ADDING = frozenset({CreateModel, AddField})
"""Steps that only add to the schema, whatever was in it before."""


class _Together(Operation):
    """Several steps of one kind, one after another."""

    def __init__(self, steps: Sequence[Operation]) -> None:
        self._steps = steps

    def state_forward(self, app_label: str, state: State) -> None:
        with _queries_built_once(state.apps):
            for step in self._steps:
                step.state_forward(app_label, state)

    async def database_forward(
        self,
        app_label: str,
        old_state: State,
        new_state: State,
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        for step in self._steps:
            await step.database_forward(app_label, old_state, new_state, state_editor)


@contextmanager
def _queries_built_once(apps: StateApps) -> Iterator[None]:
    """Leave what Tortoise builds anew for every table after every step until after the last."""
    build = apps._build_initial_querysets  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's name for it
    apps._build_initial_querysets = lambda: None  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    try:
        yield
    finally:
        apps._build_initial_querysets = build  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    build()


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
