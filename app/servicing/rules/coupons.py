"""A coupon used on a running loan: what it takes off, and the yearly cost with and without it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.loanmath import apr
from app.loanmath.life import (
    CouponApplied,
    Disbursed,
    Event,
    Recovered,
    Refunded,
    RepaymentReceived,
)
from app.servicing.rules.projection import Projection, PublishedDays, Signed, project
from app.servicing.rules.values import PlanLine


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponOutlook:
    """
    What a coupon does to a loan on a day.

    It takes interest off and nothing else: what is due and unpaid first, then of installments to
    come, of none more than the interest in it. So nothing can cost more with it than without.

    Attributes:
        amount_fen: What it takes off; the rest of the coupon has no interest left to be used on.
        by_number: Of which installment how much, by number.
        lines: The plan with it.
        saves_fen: By how much less is still to be paid.
        annual_cost: What the loan costs a year with it, twelve times the monthly rate of what was
            lent and paid so far and of the plan from here on; None where no one rate says it.
        annual_cost_without: The same without it.
    """

    amount_fen: int
    by_number: tuple[tuple[int, int], ...]
    lines: tuple[PlanLine, ...]
    saves_fen: int
    annual_cost: Decimal | None
    annual_cost_without: Decimal | None


def coupon_outlook(
    signed: Signed,
    events: Sequence[Event],
    coupon: CouponApplied,
    on: date,
    working: PublishedDays | None,
) -> tuple[CouponOutlook, CouponApplied | None]:
    """
    Return what a coupon does, and the event that does it; no event where no interest is left.

    The event is of what there is interest for, so nothing of it lapses on the day it is used.

    Raises:
        EventRefused: The events make no life of this loan.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    before = project(signed, events, on, working)
    after = project(signed, [*events, coupon], on, working)
    taken: defaultdict[int, int] = defaultdict(int)
    for one in after.state.reductions:
        if one.event_id == coupon.id and not before.is_closed:
            taken[one.installment_number] += one.amount_fen
    amount_fen = sum(taken.values())
    outlook = CouponOutlook(
        amount_fen=amount_fen,
        by_number=tuple(sorted(taken.items())),
        lines=after.lines,
        saves_fen=before.figures.balance_fen - after.figures.balance_fen,
        annual_cost=annual_cost(events, after),
        annual_cost_without=annual_cost(events, before),
    )
    assert amount_fen <= coupon.amount_fen, "a coupon takes off no more than it is worth"
    assert outlook.saves_fen >= 0, "nothing costs more with a coupon"
    return outlook, replace(coupon, amount_fen=amount_fen) if amount_fen else None


def annual_cost(events: Iterable[Event], projection: Projection) -> Decimal | None:
    """
    Return what a loan costs a year: what went out and came in so far, and the plan if it is kept.

    Money held for the borrower pays what is left first. None where no one rate makes these flows
    worth nothing, such as when all was given back on the first day.
    """
    on, flows = projection.state.on, list[tuple[date, int]]()
    known = list(events)
    undone = {getattr(event, "reverses", None) for event in known}
    for event in known:
        if event.effective_on > on or event.id in undone:
            continue
        match event:
            case Disbursed() | Refunded():
                flows.append((event.effective_on, event.amount_fen))
            case RepaymentReceived() | Recovered():
                flows.append((event.effective_on, -event.amount_fen))
            case _:
                pass
    held_fen = projection.state.unapplied_fen
    for line in projection.lines:
        paid_fen = min(held_fen, line.left_fen)
        held_fen -= paid_fen
        if line.left_fen > paid_fen:
            flows.append((max(line.payable_on, on), paid_fen - line.left_fen))
    try:
        return apr.irr_nominal(flows)
    except (apr.NoRate, apr.SeveralRates):
        return None
