"""A report as one HTML file: readable on a phone, with everything in it and nothing fetched."""

from html import escape

from app.commands.reports.plots import drawn
from app.commands.reports.shapes import Cell, Plot, Report, Table, Unit
from app.commands.reports.showing import heading, shown
from app.foundation.anonymity import PEOPLE_MIN
from app.foundation.text import text

STYLE = """
:root { color-scheme: light dark; --ink: #1f2a24; --paper: #fbfaf6; --line: #d9d6cb;
  --soft: #6b746e; --leaf: #2f7d4f; --bad: #b5483a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6df; --paper: #1b201d; --line: #3a413c;
  --soft: #a4ada7; --leaf: #6fbf8c; --bad: #e08a7d; } svg text { fill: #e8e6df !important; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 16px/1.6 system-ui, "Noto Sans CJK SC", "PingFang SC", sans-serif; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: .5rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.days, .note { color: var(--soft); font-size: .9rem; }
.problem { color: var(--bad); font-weight: 600; }
.plots { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }
figure { margin: 0; } figcaption { font-weight: 600; margin: 0 0 .25rem; }
svg { width: 100%; height: auto; display: block; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .92rem; }
th, td { padding: .4rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th { font-weight: 600; color: var(--soft); }
th.name, td.name { text-align: left; }
td.name:first-child, th.name:first-child { position: sticky; left: 0; background: var(--paper);
  max-width: 11rem; white-space: normal; min-width: 6.5rem; }
tr:last-child td { border-bottom: 0; }
tr.total td { font-weight: 600; border-top: 2px solid var(--leaf); }
"""


def as_html(report: Report) -> str:
    """
    Write the report as a page.

    Raises:
        PlotsMissing: What draws plots is not installed.
    """
    language = report.language
    title, _, days = heading(report).partition(" · ")
    parts = [
        "<!doctype html>",
        f'<html lang="{language}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
        f'<h1>{escape(title)}</h1><p class="days">{escape(days)}</p>',
        *(f'<p class="problem">{escape(problem)}</p>' for problem in report.problems),
    ]
    plots = [one for one in report.plots if _says_something(one)]
    if plots:
        parts.append('<div class="plots">')
        for number, plot in enumerate(plots, start=1):
            named = escape(text(f"report.plot.{plot.name}", language), quote=True)
            parts.append(
                f"<figure><figcaption>{named}</figcaption>"
                f"{drawn(plot, title=named, number=number)}</figure>"
            )
        parts.append("</div>")
    parts += [_table(table, language) for table in report.tables]
    parts += [
        f'<p class="note">{escape(text(f"report.note.{note}", language, least=PEOPLE_MIN))}</p>'
        for note in report.notes
    ]
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _says_something(plot: Plot) -> bool:
    return any(value for values in plot.series.values() for value in values)


def _table(table: Table, language: str) -> str:
    heads = "".join(
        f"<th{_class(column.unit)}>{escape(text(f'report.column.{column.name}', language))}</th>"
        for column in table.columns
    )
    rows = "".join(_row(table, row) for row in table.rows)
    total = "" if table.total is None else _row(table, table.total, kind=' class="total"')
    named = escape(text(f"report.table.{table.name}", language))
    if not table.rows:
        return (
            f'<h2>{named}</h2><p class="note">{escape(text("report.word.nothing", language))}</p>'
        )
    return (
        f'<h2>{named}</h2><div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}{total}</tbody></table></div>"
    )


def _row(table: Table, row: tuple[Cell, ...], kind: str = "") -> str:
    cells = "".join(
        f"<td{_class(column.unit)}>{escape(shown(cell, column.unit))}</td>"
        for cell, column in zip(row, table.columns, strict=True)
    )
    return f"<tr{kind}>{cells}</tr>"


def _class(unit: Unit) -> str:
    return ' class="name"' if unit is Unit.NAME else ""
