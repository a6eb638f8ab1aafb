"""Why a debit is as much as it is: what is due, and the borrower's own caps."""

import pytest

from app.payments.graphql.mandates.types import AutoDebitAmount
from tests.payments.mandates.conftest import DUE, NEXT_DUE, World
from tests.payments.mandates.test_graphql import Run, run
from tests.servicing.explained import EXPLANATION, hold, hold_one, with_explanations

__all__ = ["run"]

EXPLAINED = f"""
query Show($loanId: ID!) {{ autoDebit(loanId: $loanId) {{
  bounds {{ {with_explanations(AutoDebitAmount)} }}
  nextDebit {{ amount isAboveCap explain {{ ...E }} }}
  attempts {{ edges {{ node {{ amount explain {{ ...E }} }} }} }}
}} }} {EXPLANATION}
"""


@pytest.mark.parametrize(("cap", "month"), [(500_000, 150_000), (99_999, 99_999)])
async def test_a_debit_its_caps_and_what_was_tried_are_explained(
    run: Run, world: World, cap: int, month: int
) -> None:
    await world.set_up(cap_fen=cap, month_fen=max(cap, month))
    shown = (await run(EXPLAINED, loanId=world.loan.loan_id))["autoDebit"]
    hold(shown["bounds"], AutoDebitAmount)
    hold_one(shown["nextDebit"]["explain"], shown["nextDebit"]["amount"])
    assert shown["nextDebit"]["explain"]["rule"] == "DEBIT"
    (due,) = shown["nextDebit"]["explain"]["parts"]
    assert (due["figure"], due["amount"]) == ("LOAN_DUE_NOW", 100_000)

    await world.day(DUE)
    await world.work()
    await world.day(NEXT_DUE)
    tried = (await run(EXPLAINED, loanId=world.loan.loan_id))["autoDebit"]
    (edge,) = tried["attempts"]["edges"]
    hold_one(edge["node"]["explain"], edge["node"]["amount"])
    # What was due then, and not what is due a month later.
    assert edge["node"]["explain"]["on"] == DUE.isoformat()
