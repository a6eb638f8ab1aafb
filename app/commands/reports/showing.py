"""A report as text for a terminal, as CSV, as JSON, and the words of its cells."""

import csv
import io
from datetime import date
from typing import Any

import orjson
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as TextTable

from app.commands.reports.shapes import BASIS_POINTS, Cell, Named, Report, Table, Unit
from app.foundation.anonymity import PEOPLE_MIN
from app.foundation.text import text
from app.loanmath.money import yuan

WIDTH = 220
"""Columns of the widest table there is; the others are as wide as what is in them."""
CSV_COLUMNS = ("report", "since", "on", "table", "line", "figure", "value", "unit")


def shown(cell: Cell, unit: Unit) -> str:
    """Write a cell for people."""
    match cell:
        case None:
            return ""
        case Named():
            return cell.name
        case date():
            return cell.isoformat()
        case int():
            return _number(cell, unit)


def _number(value: int, unit: Unit) -> str:
    if unit is Unit.FEN:
        return yuan(value)
    if unit is Unit.SHARE:
        whole, rest = divmod(abs(value) * 100, BASIS_POINTS)
        return f"{'-' if value < 0 else ''}{whole}.{rest // 100:02d}%"
    if unit is Unit.HUNDREDTHS:
        return f"{value // 100}.{value % 100:02d}"
    return f"{value:,}"


def as_text(report: Report) -> str:
    """Write tables for a terminal."""
    out = io.StringIO()
    console = Console(file=out, width=WIDTH, highlight=False, color_system=None)
    console.print(heading(report))
    for table in report.tables:
        console.print()
        console.print(_table(table, report.language))
    for note in report.notes:
        console.print(text(f"report.note.{note}", report.language, least=PEOPLE_MIN))
    return out.getvalue()


def heading(report: Report) -> str:
    """Say which report it is, and of which days."""
    days = text("report.word.days", report.language, since=str(report.since), on=str(report.on))
    return f"{text(f'report.title.{report.name}', report.language)} · {days}"


def _table(table: Table, language: str) -> TextTable:
    found = TextTable(
        title=text(f"report.table.{table.name}", language), title_justify="left", box=SIMPLE
    )
    for column in table.columns:
        found.add_column(
            text(f"report.column.{column.name}", language),
            justify="left" if column.unit is Unit.NAME else "right",
            no_wrap=column.unit is not Unit.NAME,  # figures are never cut off
        )
    for row in table.rows:
        found.add_row(*_cells(table, row))
    if table.total is not None:
        found.add_section()
        found.add_row(*_cells(table, table.total))
    return found


def _cells(table: Table, row: tuple[Cell, ...]) -> list[str]:
    return [shown(cell, column.unit) for cell, column in zip(row, table.columns, strict=True)]


def as_csv(report: Report) -> str:
    """
    Write one figure a line, which any tool can turn into a table again.

    Amounts are whole fen, shares ten-thousandths; the sums over a table have the line `ALL`.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for table in report.tables:
        rows = table.rows if table.total is None else (*table.rows, table.total)
        for number, row in enumerate(rows, start=1):
            names = [cell.code for cell in row if isinstance(cell, Named)]
            days = [cell.isoformat() for cell in row if isinstance(cell, date)]
            line = " ".join([*days, *names]) or str(number)
            for cell, column in zip(row, table.columns, strict=True):
                if isinstance(cell, int):
                    writer.writerow(
                        [
                            report.name,
                            report.since,
                            report.on,
                            table.name,
                            line,
                            column.name,
                            cell,
                            column.unit.value,
                        ]
                    )
    return out.getvalue()


def as_json(report: Report) -> str:
    """Write everything for machines: amounts in whole fen, shares in ten-thousandths."""
    content = {
        "report": report.name,
        "since": report.since.isoformat(),
        "on": report.on.isoformat(),
        "tables": {table.name: _objects(table) for table in report.tables},
        "problems": list(report.problems),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n"


def _objects(table: Table) -> dict[str, Any]:
    def line(row: tuple[Cell, ...]) -> dict[str, Any]:
        return {
            column.name: cell.code
            if isinstance(cell, Named)
            else cell.isoformat()
            if isinstance(cell, date)
            else cell
            for cell, column in zip(row, table.columns, strict=True)
        }

    found: dict[str, Any] = {
        "units": {column.name: column.unit.value for column in table.columns},
        "rows": [line(row) for row in table.rows],
    }
    if table.total is not None:
        found["total"] = line(table.total)
    return found
