"""A revolving line: what is left of it, and until when it may be drawn on again."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from app.catalog.rules import OfferedProduct, PolicyBook, Scorecard
from app.loanmath.schedule import Method
from app.origination.rules.commands import BorrowerCommand
from app.origination.rules.decision import Verdict
from app.origination.rules.picks import Pick, picks_of
from app.origination.rules.snapshot import Snapshot, policy_used


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawDown(BorrowerCommand):
    """Draw on a line again: so much, for so many months."""

    line_id: str
    """The application whose loan opened the line."""
    amount_fen: int
    months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """
    What is owed or on its way: on the line itself, and in all; and how it is paid.

    Attributes:
        days_past_due: Of the latest loan.
        is_arranged: Whether a loan's plan was changed as times were hard, and it is not paid yet.
    """

    on_line_fen: int
    in_all_fen: int
    monthly_fen: int
    days_past_due: int
    is_arranged: bool = False

    @property
    def is_well_paid(self) -> bool:
        """Whether more may be lent: nobody who finds it hard to pay is led deeper into debt."""
        return not self.days_past_due and not self.is_arranged


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """
    A line as it stands on a day.

    Attributes:
        line_id: The application whose loan opened it.
        product_code: Its product.
        annual_rate: The yearly rate of a draw; never above the one signed for first.
        limit_fen: The most that may be owed on it.
        left_fen: What may still be drawn; 0 while anything is past due, or was put off.
        ends_on: The last day on which it may be drawn on.
        months: For how many months a draw may be had.
    """

    line_id: str
    product_code: str
    annual_rate: Decimal
    limit_fen: int
    left_fen: int
    ends_on: date
    months: tuple[int, ...]


def line_of(
    line_id: str,
    decided: Snapshot,
    verdict: Verdict,
    use: Use,
    book: PolicyBook,
    *,
    signed_rate: Decimal,
    lowered_fen: int | None,
) -> CreditLine:
    """
    Reckon a line from the decision that opened it and from what is owed.

    Its limit is the decision's, within the product's most. What is left is bounded as well by
    what the borrower may owe in all: by the decision, by a month's look since, and by law.

    Raises:
        PolicyValueMissing: A limit does not hold on the day.
    """
    offered = decided.offered
    limit_fen = min(verdict.limit_fen, offered.amount.max_fen)
    in_all_fen = min(verdict.limit_fen + decided.exposure_fen, book.whole("person_limit_fen"))
    if lowered_fen is not None:
        in_all_fen = min(in_all_fen, lowered_fen)
    left_fen = min(limit_fen - use.on_line_fen, in_all_fen - use.in_all_fen)
    left_fen = max(0, left_fen) // offered.amount.step_fen * offered.amount.step_fen
    ends_on = decided.decided_on + timedelta(days=book.whole("line_draw_days"))
    is_open = book.on <= ends_on and use.is_well_paid
    return CreditLine(
        line_id=line_id,
        product_code=offered.product.code,
        annual_rate=min(signed_rate, offered.tiers[verdict.tier]),
        limit_fen=limit_fen,
        left_fen=left_fen if is_open else 0,
        ends_on=ends_on,
        months=offered.terms.months,
    )


def is_line(offered: OfferedProduct) -> bool:
    """Tell whether what was lent on a product can be drawn on again."""
    return offered.product.method is Method.REVOLVING


def snapshot_of_draw(
    decided: Snapshot, wish: DrawDown, use: Use, card: Scorecard, book: PolicyBook
) -> Snapshot:
    """Return what a draw is measured by: the line's decision, with what is owed and holds today."""
    return msgspec.structs.replace(
        decided,
        decided_on=book.on,
        policy=policy_used(book, decided.offered, card),
        amount_fen=wish.amount_fen,
        months=wish.months,
        own_debt_fen=use.monthly_fen,
        exposure_fen=use.in_all_fen,
    )


def draw_picks(snapshot: Snapshot, line: CreditLine) -> tuple[Pick, ...]:
    """Return the draw asked for and cheaper ones beside it; none if it cannot be carried."""
    picks = picks_of(snapshot, limit_fen=line.left_fen, annual_rate=line.annual_rate)
    asked = (snapshot.amount_fen, snapshot.months)
    return picks if picks and (picks[0].amount_fen, picks[0].months) == asked else ()
