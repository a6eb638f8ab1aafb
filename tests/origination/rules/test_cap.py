"""What all parties take together never comes above the cap, whatever the product and the wish."""

import random
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import Fee, OfferedProduct
from app.loanmath.schedule import FeeBase, FeeTiming, Method, Terms, amortize
from app.origination.rules.offers import offer_of
from app.origination.rules.picks import picks_of
from tests.loanmath.drawn import rate, some
from tests.loanmath.lives import examples
from tests.origination.rules.conftest import SnapshotOf

PARTY = {"zh-Hans": "收费方", "en": "Taker"}
SPREAD = (FeeTiming.EACH, FeeTiming.SPREAD, FeeTiming.FIRST, FeeTiming.LAST)
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


@given(st.randoms(use_true_random=False))
@examples(60)
def test_no_offer_costs_more_than_the_cap_with_every_partys_fees(
    snapshot_of: SnapshotOf, rng: random.Random
) -> None:
    snapshot = snapshot_of()
    snapshot = msgspec.structs.replace(
        snapshot,
        offered=costing(snapshot.offered, rng),
        monthly_income_fen=rng.randint(100_000, 5_000_000),
        stated_debt_fen=0,
        amount_fen=snapshot.offered.amount.step_fen * rng.randint(1, 40),
        months=some(rng, list(snapshot.offered.terms.months)),
    )
    annual_rate = rate(rng, 2_800, 4)
    for pick in picks_of(snapshot, limit_fen=20_000_000, annual_rate=annual_rate):
        offer = offer_of(snapshot, pick)
        cap = snapshot.book.cost_cap
        assert offer.cost.annual_cost_effective <= cap
        assert not above(offer.terms, cap)
        assert {fee.code for fee in offer.terms.fees} == {
            fee.code for fee in snapshot.offered.product.fees
        }, "and every fee was counted"
