"""A copy of a database in use is what the database was at one moment, or there is none."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from app.foundation.database.copying import CopyRefused, copy_database

ROWS = 120


def database_at(path: Path) -> sqlite3.Connection:
    """Make a database as ours are, with some rows in the log of writes only."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
        "CREATE TABLE tortoise_migrations (name TEXT);"
        "INSERT INTO tortoise_migrations VALUES ('0001_initial');"
        "CREATE TABLE line (number INTEGER PRIMARY KEY, words TEXT);"
        "CREATE INDEX line_words ON line (words)"
    )
    connection.executemany(
        "INSERT INTO line VALUES (?, ?)", [(number, "x" * 500) for number in range(ROWS)]
    )
    return connection


def lines_in(path: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT number, words FROM line").fetchall()


def test_what_is_written_meanwhile_waits_for_nothing_and_is_not_in_the_copy(tmp_path: Path) -> None:
    source, copy = tmp_path / "a?b %.sqlite3", tmp_path / "copy"
    written = 0
    with closing(database_at(source)) as writer:

        def write(_code: int, _left: int, _of: int) -> None:
            nonlocal written
            written += 1
            writer.execute("UPDATE line SET words = ?", [f"{written}" * 400])  # no time to wait
            writer.execute("INSERT INTO line (words) VALUES ('later')")

        before = lines_in(source)
        copied = copy_database(source, copy, pages=4, heard=write)
        assert written == -(-copied.standing.pages // 4) > 5, "once through, never anew"
    assert lines_in(copy) == before
    assert len(lines_in(source)) == ROWS + written
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copied.size == copy.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == [source.name, copy.name]


def test_a_copy_that_is_not_sound_or_not_wanted_leaves_nothing(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    with pytest.raises(CopyRefused, match="there is no database at"):
        copy_database(source, copy)
    database_at(source).close()
    with pytest.raises(CopyRefused, match="No such file or directory"):
        copy_database(source, tmp_path / "not mounted" / "copy")

    def take_the_name(*_: int) -> None:
        copy.write_bytes(b"mine")

    for heard in (take_the_name, None):
        with pytest.raises(CopyRefused, match="is there already"):
            copy_database(source, copy, heard=heard)
        assert copy.read_bytes() == b"mine"
    copy.unlink()

    sound = source.read_bytes()
    with closing(sqlite3.connect(source)) as other:
        other.execute("DELETE FROM tortoise_migrations")
        other.execute("INSERT INTO tortoise_migrations VALUES ('9999_later')")
        other.commit()
    with pytest.raises(CopyRefused, match=r"written by a newer program \(9999_later\)"):
        copy_database(source, copy, newest_known=True)
    for torn, why in (
        (sound[: len(sound) // 2], "malformed|damaged"),
        (sound.replace(b"x" * 500, b"y" * 500, 1), "damaged: .*line_words"),
        (b"no database of any kind" * 100, "not a database"),
        (b"", "no database of ours"),
    ):
        source.write_bytes(torn)
        with pytest.raises(CopyRefused, match=why):
            copy_database(source, copy, whole=True)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]
