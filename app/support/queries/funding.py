"""Reports on those who lend with us: what each has outstanding, and what was settled with it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.servicing.queries.portfolio import settlements_between
from app.servicing.rules.settling import PartnerStatement
from app.support.queries.reporting import Group, portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class FunderFigures:
    """
    One partner's days and what it has outstanding; amounts in fen.

    `settled_fen` is what closed days came to, above zero to be transferred to the partner;
    `owed_fen` the same of the day that is not closed yet.
    """

    partner_code: str
    outstanding_fen: int
    written_off_fen: int
    late_fen: int
    bad_fen: int
    disbursed_fen: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int
    fee_fen: int
    taken_back_fen: int
    settled_fen: int
    owed_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funders:
    """Every partner's figures over some days, and the days they are made of."""

    since: date
    on: date
    days: int
    total_fen: int
    """All principal on the books."""
    partners: tuple[FunderFigures, ...]
    problems: tuple[str, ...]


_SUMMED = (
    "disbursed_fen",
    "principal_fen",
    "interest_fen",
    "penalty_fen",
    "fee_fen",
    "taken_back_fen",
)


async def funders(since: date, on: date) -> Funders:
    """Return how every partner stands: its part of the book, and what was settled with it."""
    book = await portfolio(since, on)
    days = await settlements_between(since, on)
    sums = defaultdict[str, Counter[str]](Counter)
    for day in days:
        for one in day.statements:
            sums[one.partner_code]["settled_fen" if day.is_final else "owed_fen"] += one.net_fen
            for name in _SUMMED:
                sums[one.partner_code][name] += getattr(one, name)
    codes = sorted({*sums, *book.funders})
    return Funders(
        since=since,
        on=on,
        days=len(days),
        total_fen=book.whole.outstanding_fen,
        partners=tuple(
            _figures(code, book.funders.get(code, Group()), sums[code]) for code in codes
        ),
        problems=(
            *book.problems,
            *(f"{day.on_date}: {problem}" for day in days for problem in day.problems),
            *_differing(days[-1].statements if days else (), book.funders),
        ),
    )


def _figures(code: str, group: Group, sums: Mapping[str, int]) -> FunderFigures:
    return FunderFigures(
        partner_code=code,
        outstanding_fen=group.outstanding_fen,
        written_off_fen=group.written_off_fen,
        late_fen=group.late_fen,
        bad_fen=group.bad_fen,
        settled_fen=sums["settled_fen"],
        owed_fen=sums["owed_fen"],
        **{name: sums[name] for name in _SUMMED},
    )


def _differing(statements: Sequence[PartnerStatement], groups: Mapping[str, Group]) -> list[str]:
    """Name each partner whose last statement closes with another principal than its loans have."""
    found: list[str] = []
    for one in statements:
        group = groups.get(one.partner_code, Group())
        kept_fen = group.outstanding_fen + group.written_off_fen
        if kept_fen != one.closing_fen:
            found.append(f"{one.partner_code} closes with {one.closing_fen}, its loans {kept_fen}")
    return found
