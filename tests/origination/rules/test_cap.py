"""What all parties take together never comes above the cap, whatever the product and the wish."""

import random
from datetime import timedelta
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import Fee, OfferedProduct, whole_cost
from app.loanmath.schedule import FeeBase, FeeTiming, Method, Terms, amortize
from app.origination.rules.offers import offer_of, terms_on_arrival
from app.origination.rules.picks import fits, picks_of
from app.origination.rules.snapshot import Snapshot
from tests.loanmath.drawn import rate, some
from tests.loanmath.lives import examples
from tests.origination.rules.conftest import SnapshotOf

PARTY = {"zh-Hans": "收费方", "en": "Taker"}
SPREAD = (FeeTiming.EACH, FeeTiming.SPREAD, FeeTiming.FIRST, FeeTiming.LAST)
LENGTH_OF_MONTHS = Decimal("0.001")
"""What the same plan may cost more a year because other months have fewer days."""
HALF_A_FEN = Decimal("0.5")
"""What a plan in whole fen may miss the equation by, for every payment."""


def random_fee(rng: random.Random, place: int) -> Fee:
    """Draw a fee of some party; many are far above what may be taken."""
    base = some(rng, list(FeeBase))
    return Fee(
        code=f"FEE_{place}",
        base=base,
        timing=FeeTiming.EACH if base is FeeBase.BALANCE else some(rng, SPREAD),
        collected_by=f"party_{place}",
        collector=PARTY,
        label=PARTY,
        amount_fen=rng.randint(0, some(rng, [100, 20_000])) if base is FeeBase.FIXED else 0,
        rate=Decimal(0) if base is FeeBase.FIXED else rate(rng, some(rng, [50, 1_000]), 4),
    )


def costing(offered: OfferedProduct, rng: random.Random) -> OfferedProduct:
    """Put other fees and another method into a product."""
    fees = tuple(random_fee(rng, place) for place in range(rng.randint(0, 3)))
    methods = [one for one in Method if one not in {Method.SEASONAL, Method.REVOLVING}]
    product = msgspec.structs.replace(offered.product, fees=fees, method=some(rng, methods))
    return msgspec.structs.replace(offered, product=product)


def above(terms: Terms, cap: Decimal) -> bool:
    """
    Tell by the definition, apart from the solver, whether a loan costs more than a yearly rate.

    It does if what is paid, discounted by that rate from each day (act/365), is worth more than
    what was lent.
    """
    worth = Decimal(0)
    for row in amortize(terms):
        years = Decimal((row.due_on - terms.disbursed_on).days) / 365
        worth += row.total_fen / (1 + cap) ** years
    return worth - terms.principal_fen > HALF_A_FEN * terms.count


def wish(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    """Draw what somebody asks for, of a product of any price."""
    return msgspec.structs.replace(
        snapshot,
        offered=costing(snapshot.offered, rng),
        monthly_income_fen=rng.randint(100_000, 5_000_000),
        stated_debt_fen=0,
        amount_fen=snapshot.offered.amount.step_fen * rng.randint(1, 40),
        months=some(rng, list(snapshot.offered.terms.months)),
    )


@given(st.randoms(use_true_random=False))
@examples(50)
def test_no_offer_costs_more_than_the_cap_with_every_partys_fees(
    snapshot_of: SnapshotOf, rng: random.Random
) -> None:
    snapshot = wish(snapshot_of(), rng)
    cap = snapshot.book.cost_cap
    for pick in picks_of(snapshot, limit_fen=20_000_000, annual_rate=rate(rng, 2_800, 4)):
        offer = offer_of(snapshot, pick)
        assert offer.cost.annual_cost_effective <= cap
        assert not above(offer.terms, cap)
        asked = {fee.code for fee in snapshot.offered.product.fees}
        assert {fee.code for fee in offer.terms.fees} == asked, "and every fee was counted"


@given(st.randoms(use_true_random=False), st.integers(0, 40))
@examples(12)
def test_money_that_comes_late_does_not_lift_the_cost_over_the_cap(
    snapshot_of: SnapshotOf, rng: random.Random, days: int
) -> None:
    snapshot = wish(snapshot_of(), rng)
    cap = snapshot.book.cost_cap
    highest = highest_rate(snapshot)
    for pick in picks_of(snapshot, limit_fen=20_000_000, annual_rate=highest):
        signed = offer_of(snapshot, pick)
        terms = terms_on_arrival(
            signed.terms,
            signed.terms.disbursed_on + timedelta(days=days),
            first_due_days_min=15,
            cost_cap=cap,
        )
        cost = whole_cost(terms).annual_cost_effective
        if terms.due_dates == signed.terms.due_dates:
            assert cost <= cap
        else:
            assert cost <= signed.cost.annual_cost_effective + LENGTH_OF_MONTHS


def highest_rate(snapshot: Snapshot) -> Decimal:
    """Find the highest rate, in hundredths of a percent, at which the wish can still be offered."""
    low, high = 0, 2_800
    while low < high:
        middle = (low + high + 1) // 2
        found = Decimal(middle) / 10_000
        if fits(snapshot, snapshot.amount_fen, snapshot.months, found):
            low = middle
        else:
            high = middle - 1
    return Decimal(low) / 10_000
