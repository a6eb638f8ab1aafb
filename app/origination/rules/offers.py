"""Offers: fixed terms with every due date, the plan and cost they make, and the plan's hash."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.catalog.rules import OfferedProduct, WholeCost, whole_cost
from app.catalog.rules.reductions import Reduction
from app.foundation.canonical import Canonical, canonical_json, sha256_of
from app.loanmath.schedule import Installment, Method, Terms, due_dates
from app.origination.rules.picks import OfferKind, Pick
from app.origination.rules.reductions import reductions_of
from app.origination.rules.snapshot import Snapshot
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE, Funder


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDraft:
    """A loan to be offered: what was picked, on which terms, at which cost, lent by whom."""

    kind: OfferKind
    terms: Terms
    cost: WholeCost
    plan_sha256: str
    funders: tuple[Funder, ...]
    reductions: tuple[Reduction, ...] = ()


def offer_of(snapshot: Snapshot, pick: Pick) -> OfferDraft:
    """Work an offer out in full; its due dates are fixed from here to the last repayment."""
    terms = with_fixed_dates(snapshot.terms(pick.amount_fen, pick.months, pick.annual_rate))
    cost = whole_cost(terms)
    return OfferDraft(
        kind=pick.kind,
        terms=terms,
        cost=cost,
        plan_sha256=plan_sha256(cost.installments),
        funders=funders_of(snapshot.offered),
        reductions=reductions_of(snapshot, terms),
    )


def with_fixed_dates(terms: Terms) -> Terms:
    """
    Write the due dates out, so that the plan signed is the plan lived.

    When the money arrives later than planned, the first period is shorter: the borrower pays
    interest from the day of arrival and never more than was shown.
    """
    # A bullet has one due date, yet as many periods as months; the terms take a date for each.
    is_bullet = terms.method is Method.BULLET
    dates = due_dates(replace(terms, method=Method.INTEREST_ONLY) if is_bullet else terms)
    return replace(
        terms,
        due_dates=dates,
        due_day=terms.due_day or terms.disbursed_on.day,
        first_due_on=None,
    )


def terms_on_arrival(
    terms: Terms, arrived_on: date, *, first_due_days_min: int, cost_cap: Decimal | None = None
) -> Terms:
    """
    Return the terms of the loan that begins when the money arrives.

    The due dates stay as signed. Only when the money comes so late that the first one is too near
    do they count from the day of arrival instead, each with the principal it was signed with.
    It is too near also where fees, or interest by the month, that do not shrink with the days would
    cost more a year than the cap by then: the same money for fewer days is dearer.
    """
    if (terms.due_dates[0] - arrived_on).days >= first_due_days_min:
        kept = replace(terms, disbursed_on=arrived_on)
        if cost_cap is None or _is_within(kept, terms, cost_cap):
            return kept
    weights = terms.season_weights
    if terms.month_weights:
        weights = tuple(terms.month_weights[day.month - 1] for day in terms.due_dates)
        # A season that lies outside the plan leaves all principal to the last row.
        weights = weights if any(weights) else (*weights[:-1], 1)
    afresh = replace(
        terms,
        disbursed_on=arrived_on,
        due_dates=(),
        due_day=None,
        season_weights=weights,
        month_weights=(),
    )
    return with_fixed_dates(afresh)


def _is_within(kept: Terms, signed: Terms, cost_cap: Decimal) -> bool:
    """Tell whether a late arrival leaves the cost within the cap, or changes nothing about it."""
    if kept.disbursed_on == signed.disbursed_on:
        return True
    return whole_cost(kept).annual_cost_effective <= cost_cap


def plan_document(plan: Sequence[Installment]) -> Canonical:
    """Return a plan as a canonical document: one list a row."""
    return [
        [row.number, row.due_on.isoformat(), row.principal_fen, row.interest_fen, row.fee_fen]
        for row in plan
    ]


def plan_sha256(plan: Sequence[Installment]) -> str:
    """Return the hash that names a plan exactly."""
    return sha256_of(canonical_json(plan_document(plan)))


def funders_of(offered: OfferedProduct) -> tuple[Funder, ...]:
    """Return who lends a product and which part, the largest first."""
    shares = sorted(offered.product.funders, key=lambda one: (-one.share, one.code))
    return tuple(Funder(code=one.code, share=one.share) for one in shares)


def charge_codes(terms: Terms) -> tuple[str, ...]:
    """Return the code of everything the borrower may ever be charged under these terms."""
    codes = [fee.code for fee in terms.fees]
    if terms.annual_rate:
        codes.append(INTEREST_CHARGE)
        if terms.penalty_factor:
            codes.append(PENALTY_CHARGE)
    return tuple(sorted(codes))
