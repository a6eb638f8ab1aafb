"""The portfolio as a supervisor asks for it: what is lent, to whom, at what cost, how well."""

from collections.abc import Callable, Mapping
from datetime import date

from app.commands.reports.ageing import by_lateness
from app.commands.reports.names import Names, names_on
from app.commands.reports.shapes import (
    Column,
    Named,
    Plot,
    PlotKind,
    Report,
    Table,
    Unit,
    share_of,
)
from app.loanmath.life import Bucket
from app.support.queries.reporting import Group, Portfolio, portfolio

COUNTIES_PLOTTED = 12
GROUPED = (
    Column("people", Unit.COUNT),
    Column("loans", Unit.COUNT),
    Column("outstanding"),
    Column("share", Unit.SHARE),
    Column("lent"),
)
LATE = (Column("late"), Column("bad"), Column("bad_share", Unit.SHARE))


async def portfolio_report(since: date, on: date, language: str) -> Report:
    """Report on the book as a day ended, and on what happened since another."""
    book = await portfolio(since, on)
    names = await names_on(on, language)
    groups: tuple[tuple[str, Mapping[str, Group], Callable[[str], Named]], ...] = (
        ("by_product", book.products, names.product),
        ("by_county", book.counties, names.county),
        ("by_funder", book.funders, names.partner),
    )
    return Report(
        name="portfolio",
        language=language,
        since=since,
        on=on,
        tables=(
            _figures(book, names),
            *(_grouped(name, found, called, book, names) for name, found, called in groups),
            _costs(book, names),
            *([_buckets(book, names)] if book.is_today else []),
        ),
        plots=_plots(book, names),
        notes=("anonymity", "bad", "cost", *(() if book.is_today else ("past",))),
        problems=book.problems,
    )


def _figures(book: Portfolio, names: Names) -> Table:
    whole = book.whole
    lines: list[tuple[str, int | None, int | None]] = [
        ("outstanding", whole.loans, whole.outstanding_fen),
        ("borrowers", whole.people, None),
        ("lent", whole.lent_loans, whole.lent_fen),
        ("restructured", book.restructured_loans, book.restructured_fen),
        ("given_up", None, book.given_up_fen),
        ("still_owed", None, whole.written_off_fen),
        ("recovered", None, book.recovered_fen),
        ("closed", book.closed_loans, None),
        ("closed_early", book.closed_early_loans, book.closed_early_fen),
    ]
    if book.is_today:
        bad_loans, bad_fen = whole.by_bucket.get(Bucket.DAYS_OVER_90, (0, 0))
        lines.insert(1, ("bad", bad_loans, bad_fen))
    return Table(
        name="figures",
        columns=(
            Column("figure", Unit.NAME),
            Column("count", Unit.COUNT),
            Column("amount"),
        ),
        rows=tuple((names.line(name), count, fen) for name, count, fen in lines),
    )


def _grouped(
    name: str,
    groups: Mapping[str, Group],
    called: Callable[[str], Named],
    book: Portfolio,
    names: Names,
) -> Table:
    columns = (Column("group", Unit.NAME), *GROUPED, *(LATE if book.is_today else ()))

    def line(head: Named, one: Group) -> tuple[Named | int | None, ...]:
        figures = (
            one.people,
            one.loans,
            one.outstanding_fen,
            share_of(one.outstanding_fen, book.whole.outstanding_fen),
            one.lent_fen,
        )
        late = (one.late_fen, one.bad_fen, share_of(one.bad_fen, one.outstanding_fen))
        return (head, *figures, *(late if book.is_today else ()))

    return Table(
        name=name,
        columns=columns,
        rows=tuple(line(called(code), one) for code, one in groups.items()),
        total=line(names.all_together, book.whole),
    )


def _costs(book: Portfolio, names: Names) -> Table:
    whole = book.whole
    rows = tuple(
        (
            called,
            band.loans,
            band.outstanding_fen,
            share_of(band.outstanding_fen, whole.outstanding_fen),
        )
        for called, band in zip(_bands(book), book.costs, strict=True)
    )
    columns = (
        Column("annual_cost", Unit.NAME),
        Column("loans", Unit.COUNT),
        Column("outstanding"),
        Column("share", Unit.SHARE),
    )
    total = (names.all_together, whole.loans, whole.outstanding_fen, None)
    return Table(name="costs", columns=columns, rows=rows, total=total)


def _bands(book: Portfolio) -> list[Named]:
    """Name the bands of cost; the last has no end, and begins where the one before it ends."""
    ends = [band.below for band in book.costs]
    return [
        Named("OVER", f"≥ {ends[-2]:.0%}")
        if below is None
        else Named(f"BELOW_{below}", f"< {below:.0%}")
        for below in ends
    ]


def _buckets(book: Portfolio, names: Names) -> Table:
    whole = book.whole
    return by_lateness(whole.by_bucket, names, loans=whole.loans, total_fen=whole.outstanding_fen)


def _plots(book: Portfolio, names: Names) -> tuple[Plot, ...]:
    counties = list(book.counties.items())[:COUNTIES_PLOTTED]
    outstanding = names.word("outstanding")
    return (
        Plot(
            name="by_product",
            kind=PlotKind.BARS,
            labels=tuple(names.product(code).name for code in book.products),
            series={outstanding: tuple(one.outstanding_fen for one in book.products.values())},
        ),
        Plot(
            name="by_county",
            kind=PlotKind.BARS,
            labels=tuple(names.county(code).name for code, _ in counties),
            series={outstanding: tuple(one.outstanding_fen for _, one in counties)},
        ),
        Plot(
            name="costs",
            kind=PlotKind.STACKED,
            labels=tuple(one.name for one in _bands(book)),
            series={outstanding: tuple(band.outstanding_fen for band in book.costs)},
        ),
    )
