"""A schema as the database itself tells it, in lines that two databases can be compared by."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from app.foundation.database import Database, fetch

POSTGRES_COLUMNS = """
    SELECT c.relname AS held_in, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind,
        a.attnotnull AS is_needed, pg_get_expr(d.adbin, d.adrelid) AS otherwise
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
"""
POSTGRES_INDEXES = """
    SELECT t.relname AS held_in, x.indisunique AS is_unique, a.attname AS name, i.oid AS place,
        pg_get_expr(x.indpred, x.indrelid) AS condition
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = i.oid
    ORDER BY i.oid, a.attnum
"""
SQLITE_COLUMNS = """
    SELECT m.name AS held_in, c.name AS name, c.type AS kind, c."notnull" AS is_needed,
        c.dflt_value AS otherwise
    FROM sqlite_master m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
"""
SQLITE_INDEXES = """
    SELECT m.name AS held_in, x."unique" AS is_unique, c.name AS name, x.name AS place,
        CASE x.partial WHEN 1 THEN 'partial' END AS condition
    FROM sqlite_master m, pragma_index_list(m.name) x, pragma_index_info(x.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
    ORDER BY x.name, c.seqno
"""


async def fingerprint(database: Database) -> list[str]:
    """Return one line for each column and each index, without the names of indexes."""
    of_postgres = database.dialect == "postgres"
    columns = await fetch(POSTGRES_COLUMNS if of_postgres else SQLITE_COLUMNS)
    indexes = await fetch(POSTGRES_INDEXES if of_postgres else SQLITE_INDEXES)
    return sorted([*_column_lines(columns), *_index_lines(indexes)])


def _column_lines(columns: Iterable[dict[str, Any]]) -> Iterable[str]:
    for one in columns:
        needed = "needed" if one["is_needed"] else "optional"
        yield f"{one['held_in']}.{one['name']} {one['kind']} {needed} default {one['otherwise']}"


def _index_lines(entries: Iterable[dict[str, Any]]) -> Iterable[str]:
    columns_of: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for one in entries:
        key = (one["held_in"], bool(one["is_unique"]), one["condition"], one["place"])
        columns_of[key].append(str(one["name"]))
    for (held_in, is_unique, condition, _), columns in columns_of.items():
        kind = "unique" if is_unique else "index"
        yield f"{held_in} {kind} ({', '.join(columns)}) where {condition}"
