"""Lives of loans of whose interest others pay a part, as an agreement says."""

import random

from app.ledger.rules import expense_coupon, payer_receivable
from app.loanmath.errors import TermsRefused
from app.loanmath.life import CouponApplied, CouponPart
from app.loanmath.schedule import amortize
from tests.loanmath.drawn import one_in
from tests.loanmath.lives import Life

STATE, OURS = payer_receivable("state"), expense_coupon()


def with_reductions(rng: random.Random, life: Life) -> Life:
    """Let the state pay parts of the plan's interest, and now and then a coupon of ours some."""
    first = life.events[0]
    try:
        plan = amortize(life.terms)
    except TermsRefused:
        return life
    parts = tuple(
        CouponPart(row.number, rng.randint(1, row.interest_fen), row.interest_fen, row.due_on)
        for row in plan
        if row.interest_fen > 0 and not one_in(rng, 4)
    )
    if parts:
        amount_fen = sum(part.amount_fen for part in parts)
        life.add(
            CouponApplied,
            first.effective_on,
            code="INTEREST_SUBSIDY",
            amount_fen=amount_fen,
            payer="state",
            parts=parts,
        )
        life.events.insert(1, life.events.pop())
    if one_in(rng, 3):
        life.add(
            CouponApplied,
            first.effective_on,
            code="SPRING",
            amount_fen=rng.randint(1, 3_000),
            payer="qingmiao",
        )
        life.events.insert(1, life.events.pop())
    return life
