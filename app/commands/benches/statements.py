"""What is sent to SQLite meanwhile, and which of it looks through a whole table."""

import logging
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

STANDING = frozenset(
    {
        "business_day",
        "epoch_key",
        "label_version",
        "partner_version",
        "policy_value",
        "product_version",
        "region_pack",
        "scorecard",
        "staff",
    }
)
"""Tables that do not grow with the number of borrowers."""

_TABLE = re.compile(r'\b(?:FROM|JOIN|UPDATE)\s+"?(\w+)"?(?:\s+(?:AS\s+)?"?(\w+)"?)?', re.IGNORECASE)
_SCAN = re.compile(r"^SCAN (\w+)")
_NOBODY = "WHERE 1=0"
"""How Tortoise asks for those among none; nothing is looked through for it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the driver was given it."""

    sql: str
    parameters: tuple[Any, ...] = ()

    def as_sqlite(self) -> tuple[Any, ...]:
        """Return the parameters as SQLite keeps them."""
        return tuple(_as_text(one) if isinstance(one, date) else one for one in self.parameters)


def _as_text(value: date) -> str:
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


class _Recorder(logging.Handler):
    """Hears what aiosqlite says it executes."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.sent: list[Statement] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a statement; whatever else the driver does is not one."""
        call = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if not str(record.msg).startswith("executing") or not isinstance(call, partial):
            return
        match call.args:
            case (str(sql), *given):
                parameters = given[0] if given else None
                self.sent.append(Statement(sql, tuple(parameters or ())))
            case _ if getattr(call.func, "__name__", "") in {"commit", "rollback"}:
                self.sent.append(Statement(getattr(call.func, "__name__", "").upper()))
            case _:
                pass


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Write down what this process sends to SQLite, on all its connections."""
    logger, recorder = logging.getLogger("aiosqlite"), _Recorder()
    level, propagates = logger.level, logger.propagate
    logger.addHandler(recorder)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield recorder.sent
    finally:
        logger.removeHandler(recorder)
        logger.setLevel(level)
        logger.propagate = propagates


def scans(
    connection: sqlite3.Connection,
    statements: Iterable[Statement],
    standing: Collection[str] = STANDING,
) -> list[str]:
    """Name each statement that looks through a table which grows, with the table before it."""
    found: dict[str, None] = {}
    for one in statements:
        if one.sql.lstrip()[:6].upper() not in {"SELECT", "UPDATE", "DELETE"}:
            continue
        if one.sql.endswith(_NOBODY):
            continue
        plan = connection.execute(f"EXPLAIN QUERY PLAN {one.sql}", one.as_sqlite()).fetchall()
        names = {alias or table: table for table, alias in _TABLE.findall(one.sql)}
        names |= {table: table for table in list(names.values())}
        for *_, detail in plan:
            scan = _SCAN.match(detail)
            table = names.get(scan[1]) if scan else None
            if table is not None and table not in standing:
                found[f"{table}: {one.sql}"] = None
    return list(found)


def placed(sql: str) -> str:
    """Number a statement's `?` placeholders as PostgreSQL wants them."""
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
