"""
A copy of an SQLite database while others write to it.

A plain copy of the file lacks what is in the log of writes, and may have half of a change. SQLite's
own way (https://sqlite.org/backup.html) begins anew whenever another process has written, and so
would never end beside a busy server. Here the source is held open for reading meanwhile: in WAL
mode its pages stay as they were when the copy began, and nobody who writes waits for it.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from urllib.parse import quote

from app.foundation.database.urls import known_migrations
from app.foundation.private_files import keep_names

PAGES = 2_048
"""So many pages (8 MB) are copied at a time; the writers' log grows until the last."""
WAIT_SECONDS = 5.0
OURS = "tortoise_migrations"


class CopyRefused(Exception):
    """Nothing was left where the copy was to be; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What tells a database, at one moment, from the same at another."""

    pages: int
    schema: str
    """SHA-256 over every table and index as it was written."""
    migrations: tuple[str, ...]
    head: tuple[int, str] | None
    """Number and hash of the audit chain's last entry."""
    checkpoint: int | None
    """The entry that was signed last."""

    @property
    def missing(self) -> list[str]:
        """Return the migrations that this program has and the database has not seen."""
        return sorted(known_migrations() - set(self.migrations))

    @property
    def unknown(self) -> list[str]:
        """Return the migrations that only a newer program has."""
        return sorted(set(self.migrations) - known_migrations())


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy that was checked and is on the disk."""

    standing: Standing
    size: int


Heard = Callable[[int, int, int], object]
"""Is told SQLite's code, how many pages are left, and of how many; after every few pages."""


def copy_database(
    source: Path,
    to: Path,
    *,
    pages: int = PAGES,
    heard: Heard | None = None,
    whole: bool = False,
    newest_known: bool = False,
) -> Copied:
    """
    Copy a database as it stands now into a new file, which only its owner may read.

    The file has its name only when it is complete, checked (`whole`: indexes against their tables
    too) and on the disk; one that was begun and not finished ends in `.part`.

    Raises:
        CopyRefused: Something is there already, the source is no database of ours or is damaged,
            or the copy cannot be written; or, with `newest_known`, a newer program made it.
    """
    if not source.is_file():
        raise CopyRefused(f"there is no database at {source}")
    if os.path.lexists(to):
        raise CopyRefused(f"{to} is there already")
    try:
        with _begun(to) as part:
            standing = _copied(source, part, pages, heard)
            if newest_known and standing.unknown:
                newer = ", ".join(standing.unknown)
                raise CopyRefused(f"{source} was written by a newer program ({newer})")
            _check(part, standing, whole=whole)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            copied = Copied(standing=standing, size=part.stat().st_size)
            _name(part, to)
    except FileExistsError as failure:
        raise CopyRefused(f"{to} is there already") from failure
    except OSError as failure:
        raise CopyRefused(f"{to}: {failure.strerror}") from failure
    except sqlite3.Error as failure:
        raise CopyRefused(f"{source} to {to}: {failure}") from failure  # it says not which
    return copied


@contextmanager
def _begun(to: Path) -> Iterator[Path]:
    """Make a file beside, and take it away again unless it was given its name meanwhile."""
    handle, name = mkstemp(dir=to.parent, prefix=f"{to.name}.", suffix=".part")  # 0600
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(name + end).unlink()


def _copied(source: Path, part: Path, pages: int, heard: Heard | None) -> Standing:
    address = f"file:{quote(str(source.absolute()))}?mode=rw"
    if not os.access(source, os.W_OK):
        address = address.removesuffix("rw") + "ro"
    with (
        closing(
            sqlite3.connect(address, uri=True, isolation_level=None, timeout=WAIT_SECONDS)
        ) as read,
        closing(sqlite3.connect(part, isolation_level=None)) as written,
    ):
        read.execute("PRAGMA query_only=ON")
        read.execute("BEGIN")
        standing = _standing(read)  # the first read; from here on the source stands still for us
        written.execute("PRAGMA synchronous=OFF")  # it is made durable as a whole, or not at all
        read.backup(written, pages=pages, progress=heard)
        read.execute("COMMIT")
    with closing(sqlite3.connect(part, isolation_level=None)) as alone:
        alone.execute("PRAGMA journal_mode=DELETE")  # one file, which a read-only disk may hold
    return standing


def _check(part: Path, standing: Standing, *, whole: bool) -> None:
    """
    See that the copy is sound, and says of itself what the source said.

    Raises:
        CopyRefused: It is not, or does not.
    """
    with closing(sqlite3.connect(part, isolation_level=None)) as alone:
        check = "integrity_check" if whole else "quick_check"
        found = [line for (line,) in alone.execute(f"PRAGMA {check}(5)")]
        if found != ["ok"]:
            raise CopyRefused(f"the database is damaged: {'; '.join(found)}")
        if _standing(alone) != standing:
            raise CopyRefused("the copy is not what was copied")


def _standing(connection: sqlite3.Connection) -> Standing:
    tables = connection.execute(
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2"
    ).fetchall()
    names = {name for _, name, *_ in tables}
    if OURS not in names:
        raise CopyRefused("it is no database of ours, or was never migrated")
    lines = "".join("\0".join(row) + "\n" for row in tables)
    applied = connection.execute(f"SELECT name FROM {OURS} ORDER BY name")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    head, signed = None, None
    if "audit_checkpoint" in names:  # a database of before there was a chain is copied too
        head = connection.execute("SELECT seq, hash FROM audit_head WHERE id = 1").fetchone()
        (signed,) = connection.execute("SELECT max(seq) FROM audit_checkpoint").fetchone()
    return Standing(
        pages=pages,
        schema=hashlib.sha256(lines.encode()).hexdigest(),
        migrations=tuple(name for (name,) in applied),
        head=head,
        checkpoint=signed,
    )


def _name(part: Path, to: Path) -> None:
    """
    Give a finished file its name, over nothing, and make the name durable.

    Taking the name first is refused where somebody else has it; a link would do it in one step,
    and many disks that copies are carried away on have no links.

    Raises:
        FileExistsError: The name was taken meanwhile.
    """
    os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    part.replace(to)
    keep_names(to.parent)
