"""Those who lend with us: their part of the book, what was settled with them, what is owed."""

from datetime import date

from app.commands.reports.names import names_on
from app.commands.reports.shapes import (
    Cell,
    Column,
    Plot,
    PlotKind,
    Report,
    Table,
    Unit,
    share_of,
)
from app.support.queries.funding import FunderFigures, funders

SUMS = (
    "outstanding_fen", "written_off_fen", "disbursed_fen", "principal_fen", "interest_fen",
    "penalty_fen", "fee_fen", "taken_back_fen", "settled_fen", "owed_fen",
)  # fmt: skip


async def funders_report(since: date, on: date, language: str) -> Report:
    """Report on every partner: its part as a day ended, and what the days up to it came to."""
    found = await funders(since, on)
    names = await names_on(on, language)

    def line(one: FunderFigures) -> tuple[Cell, ...]:
        share = share_of(one.outstanding_fen, found.total_fen)
        return (names.partner(one.partner_code), share, *(getattr(one, name) for name in SUMS))

    total = tuple(sum(getattr(one, name) for one in found.partners) for name in SUMS)
    return Report(
        name="funders",
        language=language,
        since=since,
        on=on,
        tables=(
            Table(
                name="partners",
                columns=(
                    Column("partner", Unit.NAME),
                    Column("share", Unit.SHARE),
                    *(Column(name.removesuffix("_fen")) for name in SUMS),
                ),
                rows=tuple(line(one) for one in found.partners),
                total=(names.all_together, None, *total),
            ),
        ),
        plots=(
            Plot(
                name="funders",
                kind=PlotKind.BARS,
                labels=tuple(names.partner(one.partner_code).name for one in found.partners),
                series={
                    names.word("outstanding"): tuple(one.outstanding_fen for one in found.partners)
                },
            ),
            Plot(
                name="received",
                kind=PlotKind.BARS,
                labels=tuple(names.partner(one.partner_code).name for one in found.partners),
                series={
                    names.word("principal"): tuple(one.principal_fen for one in found.partners),
                    names.word("interest"): tuple(one.interest_fen for one in found.partners),
                },
            ),
        ),
        notes=("net",),
        problems=found.problems,
    )
