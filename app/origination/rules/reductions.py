"""What others pay of a loan's interest: in its offer, as far as it is left, and on arrival."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from app.catalog.rules import PolicyBook, whole_cost
from app.catalog.rules.product import Need
from app.catalog.rules.reductions import (
    OURSELVES,
    STATE,
    Reduction,
    campaign_coupon,
    interest_subsidy,
    is_use_proven,
    years_of,
)
from app.loanmath.life import CouponPart
from app.loanmath.schedule import Installment, Terms
from app.origination.rules.snapshot import Snapshot
from app.servicing.rules import AgreedReduction

KEPT_CODE = "PROMISE_KEPT"
"""What we pay ourselves so that a bill is never above the one promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """
    What a person has had of others' money, or was promised by a signature.

    Attributes:
        state_by_year: Of the state's subsidy, by the year it counts for.
        coupons: The names of our coupons.
    """

    state_by_year: Mapping[int, int] = field(default_factory=dict[int, int])
    coupons: frozenset[str] = frozenset()


def used_in(snapshot: Snapshot) -> Used:
    """Return what a decision knew of it."""
    this_year = {snapshot.decided_on.year: snapshot.subsidy_used_fen}
    return Used(
        state_by_year=this_year | dict(snapshot.subsidy_used_later),
        coupons=frozenset(snapshot.coupons_used),
    )


def reductions_of(snapshot: Snapshot, terms: Terms) -> tuple[Reduction, ...]:
    """
    Return what others surely pay of an offer's interest: the state first, then our own coupon.

    The state pays where the loan qualifies and its use is proven; a coupon where a campaign runs
    that the borrower has not had yet.
    """
    product, book = snapshot.offered.product, snapshot.book
    return granted(terms, product.need, book, used_in(snapshot), by_state=surely(snapshot))


def surely(snapshot: Snapshot) -> bool:
    """Tell whether the state's part belongs to the offer, and needs no proof any more."""
    if "interest_subsidy" not in snapshot.policy:
        return False  # decisions from before it was kept
    product = snapshot.offered.product
    return is_use_proven(product.need, product.payee, snapshot.book)


def granted(
    terms: Terms, need: Need, book: PolicyBook, used: Used, *, by_state: bool
) -> tuple[Reduction, ...]:
    """Return what others pay of a plan, less what the person has had."""
    found: list[Reduction] = []
    if by_state:
        subsidy = interest_subsidy(terms, need, book, used_by_year=used.state_by_year)
        if subsidy is not None:
            found.append(subsidy)
    ours = campaign_coupon(terms, need, book, after=found)
    if ours is not None and ours.code not in used.coupons:
        found.append(ours)
    return tuple(found)


def still_granted(
    reductions: Sequence[Reduction], terms: Terms, used: Used, *, year_max_fen: int
) -> tuple[Reduction, ...]:
    """
    Return what is left of an offer's reductions, now that this much was used elsewhere.

    Of the state's part the earliest installments keep theirs; a coupon that was used is gone.
    """
    left: defaultdict[int, int] = defaultdict(lambda: year_max_fen)
    for year, fen in used.state_by_year.items():
        left[year] -= fen
    kept: list[Reduction] = []
    years = years_of(terms)
    for one in reductions:
        if one.payer != STATE:
            if one.code not in used.coupons:
                kept.append(one)
            continue
        by_number: list[tuple[int, int]] = []
        for number, fen in one.by_number:
            taken_fen = min(fen, max(left[years[number]], 0))
            if taken_fen:
                left[years[number]] -= taken_fen
                by_number.append((number, taken_fen))
        if by_number:
            kept.append(msgspec.structs.replace(one, by_number=tuple(by_number)))
    return tuple(kept)


def state_by_year(reductions: Sequence[Reduction], terms: Terms) -> Mapping[int, int]:
    """Return what the state pays, by the year it counts for."""
    sums: defaultdict[int, int] = defaultdict(int)
    years = years_of(terms)
    for number, fen in (pair for one in reductions if one.payer == STATE for pair in one.by_number):
        sums[years[number]] += fen
    return sums


def reductions_as_json(reductions: Sequence[Reduction]) -> str | None:
    """Write them down; nothing where there are none."""
    return msgspec.json.encode(reductions).decode() if reductions else None


def reductions_from(written: str | None) -> tuple[Reduction, ...]:
    """Read back what `reductions_as_json` wrote."""
    return () if written is None else msgspec.json.decode(written, type=tuple[Reduction, ...])


def agreed_on_arrival(
    reductions: Sequence[Reduction],
    *,
    signed: Terms,
    terms: Terms,
    again: Reduction | None,
) -> tuple[AgreedReduction, ...]:
    """
    Return what others pay of the loan that begins when the money arrives.

    The state pays for days on which there is a loan and its policy holds (`again` is what that
    comes to from the day of arrival), never more than was signed. Should money that comes late
    leave it to pay less than the bill was lowered by, we pay the rest: nobody's bill is above the
    one they signed.
    """
    before = {row.number: row for row in whole_cost(signed).installments}
    plan = whole_cost(terms).installments
    agreed: list[AgreedReduction] = []
    promised: defaultdict[int, int] = defaultdict(int)
    paid: defaultdict[int, int] = defaultdict(int)
    for one in reductions:
        for number, fen in one.by_number:
            promised[number] += fen
        if one.payer != STATE:
            agreed.append(AgreedReduction(payer=one.payer, code=one.code, amount_fen=one.total_fen))
            for number, fen in one.by_number:
                paid[number] += fen
            continue
        by_number = dict(one.by_number)
        if terms != signed:
            now = {} if again is None else dict(again.by_number)
            by_number = {number: min(fen, now.get(number, 0)) for number, fen in by_number.items()}
        parts = _parts(plan, by_number)
        if parts:
            agreed.append(_in_parts(one.payer, one.code, parts))
            for part in parts:
                paid[part.number] += part.amount_fen
    short = {
        row.number: _short_fen(row, before[row.number], promised[row.number], paid[row.number])
        for row in plan
        if row.number in before
    }
    kept = _parts(plan, short)
    if kept:
        agreed.append(_in_parts(OURSELVES, KEPT_CODE, kept))
    return tuple(agreed)


def as_agreed(reductions: Sequence[Reduction], terms: Terms) -> tuple[AgreedReduction, ...]:
    """Return what others pay of a loan whose money arrives as planned."""
    return agreed_on_arrival(reductions, signed=terms, terms=terms, again=None)


def _short_fen(row: Installment, signed: Installment, promised_fen: int, paid_fen: int) -> int:
    """Return what is still to be taken off a bill, so that it is not above the one signed."""
    if not promised_fen:
        return 0
    bill_fen = signed.total_fen - promised_fen
    return min(max(row.total_fen - paid_fen - bill_fen, 0), max(row.interest_fen - paid_fen, 0))


def _parts(plan: Sequence[Installment], by_number: Mapping[int, int]) -> tuple[CouponPart, ...]:
    return tuple(
        CouponPart(row.number, fen, row.interest_fen, row.due_on)
        for row in plan
        if (fen := min(by_number.get(row.number, 0), row.interest_fen)) > 0
    )


def _in_parts(payer: str, code: str, parts: tuple[CouponPart, ...]) -> AgreedReduction:
    total_fen = sum(part.amount_fen for part in parts)
    return AgreedReduction(payer=payer, code=code, amount_fen=total_fen, parts=parts)
