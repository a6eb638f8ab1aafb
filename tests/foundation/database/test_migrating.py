"""Migrating happens wholly or not at all, once, and ends where a fresh install ends."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from tortoise import fields
from tortoise import models as orm_models
from tortoise.migrations import operations
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.models import Model

from app.foundation.clock import FixedClock
from app.foundation.database import Database, current, fetch
from app.foundation.database.columns import DropColumn
from app.foundation.database.migrating import drift, migrate, missing_migrations, write_migrations
from app.foundation.database.urls import APP_LABEL, MIGRATIONS_MODULE, orm_config
from app.foundation.errors import TemporarilyUnavailable
from tests.conftest import START
from tests.foundation.conftest import Open, Start
from tests.foundation.fingerprint import fingerprint

MIGRATIONS = Path(__file__).parents[3] / "app" / "migrations"
STEP = """
from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [ops.RunSQL({statements})]
"""


class Steps:
    """A package of migrations made up for one test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.module = name
        self.path = folder
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()

    def write(self, name: str, *statements: str, after: str | None = None) -> None:
        dependencies = [] if after is None else [(APP_LABEL, after)]
        text = STEP.format(dependencies=dependencies, statements=list(statements))
        (self.path / self.module / f"{name}.py").write_text(text)


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Steps:
    monkeypatch.syspath_prepend(tmp_path)
    return Steps(tmp_path, f"steps_{abs(hash(request.node.name))}")


async def tables() -> set[str]:
    sqlite, postgres = "sqlite_master WHERE type = 'table'", "pg_tables WHERE schemaname = 'public'"
    try:
        rows = await fetch(f"SELECT name FROM {sqlite}")
    except Exception:  # noqa: BLE001 - PostgreSQL has no such table
        rows = await fetch(f"SELECT tablename AS name FROM {postgres}")
    return {row["name"] for row in rows if not row["name"].startswith(("sqlite_", "tortoise_"))}


async def test_what_is_missing_is_applied_in_order_and_once(
    bare_url: str, steps: Steps, open_database: Open
) -> None:
    steps.write("0001_begin", "CREATE TABLE first (id INTEGER)")
    steps.write("0002_go_on", "ALTER TABLE first ADD COLUMN more INTEGER", after="0001_begin")
    database = await open_database(bare_url, migrations=steps.module)
    assert await missing_migrations(database) == ["0001_begin", "0002_go_on"]
    assert await migrate(database) == ["0001_begin", "0002_go_on"]
    assert await migrate(database) == []
    assert await missing_migrations(database) == []
    assert await fetch("SELECT id, more FROM first") == []


async def test_a_migration_that_fails_leaves_neither_tables_nor_a_record(
    bare_url: str, steps: Steps, open_database: Open
) -> None:
    steps.write("0001_begin", "CREATE TABLE first (id INTEGER)")
    steps.write(
        "0002_go_on", "CREATE TABLE second (id INTEGER)", "SELECT nonsense", after="0001_begin"
    )
    database = await open_database(bare_url, migrations=steps.module)
    with pytest.raises(Exception, match="nonsense"):
        await migrate(database)
    assert await tables() == set()
    assert await missing_migrations(database) == ["0001_begin", "0002_go_on"]


async def test_processes_that_start_together_migrate_once(
    bare_url: str, steps: Steps, start: Start, open_database: Open
) -> None:
    steps.write("0001_begin", "CREATE TABLE first (id INTEGER)", "INSERT INTO first VALUES (1)")
    upgrading = [
        await start("upgrade", url=bare_url, migrations=steps.module, path=steps.path)
        for _ in range(3)
    ]
    said = sorted([(await process.communicate())[0] for process in upgrading])
    assert said == [b"['0001_begin']\n", b"[]\n", b"[]\n"]
    await open_database(bare_url, migrations=steps.module)
    assert await fetch("SELECT id FROM first") == [{"id": 1}]


async def test_a_database_that_is_away_is_not_a_new_one(
    steps: Steps, tmp_path: Path, open_database: Open
) -> None:
    """Tortoise's own reader of the record would answer that nothing was ever applied."""
    database = await open_database(f"sqlite:///{tmp_path}/nowhere/x.db", migrations=steps.module)
    with pytest.raises(TemporarilyUnavailable):
        await missing_migrations(database)
    with pytest.raises(TemporarilyUnavailable):
        await migrate(database)


async def test_a_written_migration_ends_where_a_fresh_install_ends(
    bare_url: str, steps: Steps, tmp_path: Path
) -> None:
    assert await drift(steps.module) != []
    paths = await write_migrations("begin", steps.module)
    assert [Path(path).relative_to(tmp_path).name for path in paths] == ["0001_begin.py"]
    assert await drift(steps.module) == []
    assert await migrated(bare_url, steps.module) == await installed(bare_url)


async def test_our_migrations_end_where_a_fresh_install_ends(bare_url: str) -> None:
    """Tortoise's runner drops unique columns and indexes on SQLite when a table is altered."""
    assert await migrated(bare_url, MIGRATIONS_MODULE) == await installed(bare_url)


async def test_later_migrations_keep_the_rows_that_are_there(bare_url: str, steps: Steps) -> None:
    """Tortoise adds a needed column to a filled table only if the database knows its default."""
    first, *later = sorted(MIGRATIONS.glob("0*.py"))
    copy = steps.path / steps.module / first.name
    copy.write_text(first.read_text(encoding="utf-8"), encoding="utf-8")
    old = Database(url=bare_url, clock=FixedClock(START), migrations=steps.module)
    await old.open()
    await migrate(old)
    filled = sorted(await tables() - {"tortoise_migrations", "sqlite_sequence"})
    for name in filled:
        await fill(name, on_sqlite=bare_url.startswith("sqlite"))
    await old.close()

    new = Database(url=bare_url, clock=FixedClock(START))
    await new.open()
    try:
        assert await migrate(new) == [path.stem for path in later]
        counts = [(await fetch(f'SELECT COUNT(*) AS rows FROM "{name}"'))[0] for name in filled]
        assert [count["rows"] for count in counts] == [1] * len(filled)
        for name in sorted(await tables()):
            await new.connection().execute_script(f'DROP TABLE "{name}"')
    finally:
        await new.close()


FILLERS = {
    "INT": "1",
    "REAL": "1",
    "BOOL": "true",
    "CHAR": "'x'",
    "TEXT": "'x'",
    "TIMESTAMP": "'2026-01-01 00:00:00'",
    "DATE": "'2026-01-01'",
    "BLOB": "x'00'",
    "BYTEA": "'x'",
}
"""A value for a column whose type's name holds this word; the first that does counts."""


async def fill(table: str, *, on_sqlite: bool) -> None:
    """Put one row into a table, whatever its columns."""
    columns = await fetch(
        f"SELECT name, type FROM pragma_table_info('{table}')"
        if on_sqlite
        else "SELECT column_name AS name, data_type AS type FROM information_schema.columns"
        f" WHERE table_schema = 'public' AND table_name = '{table}'"
    )
    values = [
        next(value for word, value in FILLERS.items() if word in column["type"].upper())
        for column in columns
    ]
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    await (
        current()
        .connection()
        .execute_script(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(values)})')
    )


async def migrated(url: str, module: str) -> list[str]:
    """Migrate a bare database, empty it again, and return what it was like."""
    database = Database(url=url, clock=FixedClock(START), migrations=module)
    await database.open()
    try:
        assert await migrate(database), f"{module} holds migrations"
        await database.connection().execute_script("DROP TABLE tortoise_migrations")
        lines = await fingerprint(database)
        for name in sorted(await tables()):
            await database.connection().execute_script(f'DROP TABLE "{name}"')
    finally:
        await database.close()
    return lines


async def installed(url: str) -> list[str]:
    """Install the models into a bare database and return what it is like."""
    database = Database(url=url, clock=FixedClock(START))
    await database.open()
    try:
        await database.context.generate_schemas(safe=False)
        return await fingerprint(database)
    finally:
        await database.close()


async def test_the_fingerprint_misses_no_index_and_no_uniqueness(
    bare_url: str, open_database: Open
) -> None:
    database = await open_database(bare_url)
    script = database.connection().execute_script
    await script("CREATE TABLE kept (id INTEGER PRIMARY KEY, code VARCHAR(8) NOT NULL DEFAULT 'x')")
    bare = await fingerprint(database)
    await script("CREATE INDEX by_code ON kept (code)")
    indexed = await fingerprint(database)
    await script("DROP INDEX by_code")
    await script("CREATE UNIQUE INDEX by_code ON kept (code)")
    unique = await fingerprint(database)
    await script("DROP INDEX by_code")
    await script("CREATE INDEX by_code ON kept (code) WHERE code = 'x'")
    partial = await fingerprint(database)
    await script("DROP INDEX by_code")
    assert await fingerprint(database) == bare
    assert len({tuple(lines) for lines in (bare, indexed, unique, partial)}) == 4


async def test_models_and_migrations_agree(database: Database) -> None:
    assert await drift() == []
    assert await missing_migrations(database) == []


async def steps_of_ours(database: Database) -> list[operations.Operation]:
    apps = orm_config(database.url)["apps"]
    loader = MigrationLoader(apps, MigrationRecorder(database.connection()), load=False)
    loader.load_disk()
    assert loader.disk_migrations, "there are migrations"
    return [one for step in loader.disk_migrations.values() for one in step.operations]


async def test_no_migration_uses_what_the_runner_does_wrong(database: Database) -> None:
    """A new column is optional or has a default in the database; rebuilds are by hand."""
    for step in await steps_of_ours(database):
        if isinstance(step, operations.AddField):
            assert isinstance(step.field, fields.Field)
            assert step.field.null or step.field.has_db_default(), step.name
        assert not isinstance(step, operations.AlterField)
        assert isinstance(step, DropColumn) or not isinstance(step, operations.RemoveField)


async def test_rows_use_no_part_of_the_orm_that_loses_data(database: Database) -> None:
    """
    Constraints of a table vanish in migrations; SQLite adds decimals up as floats.

    Indexes of several columns stay where they are, as nothing of ours makes a table again; that
    each is there is seen below.
    """
    assert database.context.apps is not None
    kinds = (fields.DecimalField, fields.FloatField, fields.JSONField)
    models: list[type[Model]] = [
        model for app in database.context.apps.values() for model in app.values()
    ]
    assert len(models) > 6
    there = await fingerprint(database)
    for model in models:
        about = model._meta  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's name for it
        assert not about.unique_together, model
        for index in about.indexes:
            assert isinstance(index, tuple), model
            assert f"{about.db_table} index ({', '.join(index)}) where None" in there, model
        assert not getattr(about, "constraints", ()), model
        assert not [name for name, field in about.fields_map.items() if isinstance(field, kinds)]


def test_no_table_says_anything_to_the_orm_in_comments_which_are_not_read() -> None:
    app = MIGRATIONS.parent
    files = [*app.glob("*/models.py"), *app.glob("*/models/*.py")]
    assert len(files) > 30
    assert [path for path in files if "#:" in path.read_text(encoding="utf-8")] == []
    assert vars(orm_models)["_get_comments"](Model) == {}


async def test_sqlite_would_have_lost_money_in_decimals() -> None:
    """Why the rule above: the sum of ten dimes is not one."""
    assert sum([0.1] * 10) != 1
    assert sum([Decimal("0.1")] * 10) == 1


async def test_killed_before_the_end_nothing_was_done(
    bare_url: str, steps: Steps, start: Start, open_database: Open
) -> None:
    slow = {
        "sqlite": "SELECT (WITH RECURSIVE line (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line"
        " WHERE n < 200000000) SELECT count(*) FROM line)",
        "postgres": "SELECT pg_sleep(5)",
    }[bare_url.partition(":")[0].replace("postgresql", "postgres")]
    steps.write("0001_begin", "CREATE TABLE first (id INTEGER)")
    steps.write("0002_slow", "CREATE TABLE second (id INTEGER)", slow, after="0001_begin")
    process = await start("upgrade", url=bare_url, migrations=steps.module, path=steps.path)
    await asyncio.sleep(2.5)
    assert process.returncode is None
    process.kill()
    await process.communicate()
    steps.write("0002_slow", "CREATE TABLE second (id INTEGER)", after="0001_begin")
    database = await open_database(bare_url, migrations=steps.module)
    async with asyncio.timeout(90):
        assert await migrate(database) == ["0001_begin", "0002_slow"]
    assert await fetch("SELECT * FROM second") == []
