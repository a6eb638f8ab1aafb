"""Why a debit is as much as it is: what is due, and the borrower's own caps."""

from functools import partial

import pytest

from app.foundation.text import text
from app.payments.graphql.mandates.types import AutoDebitAmount
from app.payments.rules.mandates import Caps, NextDebit, debit_explained
from app.servicing.rules.explaining import sentence_of
from tests.loanmath.explain.replaying import replay
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


@pytest.mark.parametrize(
    ("caps", "due_fen", "taking", "said"),
    [
        (Caps(per_debit_fen=900, per_month_fen=None, floor_fen=0), 900, "ALL", "没有超过"),
        (
            Caps(per_debit_fen=900, per_month_fen=None, floor_fen=0),
            901,
            "PART",
            "只扣上限以内的 9.00",
        ),
        (Caps(per_debit_fen=900, per_month_fen=1_000, floor_fen=0), 901, "PART", "以内的 4.00"),
        (Caps(per_debit_fen=900, per_month_fen=1_000, floor_fen=0), 401, "ALL", "一分也不扣"),
        (Caps(per_debit_fen=900, per_month_fen=600, floor_fen=0), 900, "PART", "一分也不扣"),
    ],
)
def test_what_caps_do_to_a_debit_follows_from_what_is_said(
    caps: Caps, due_fen: int, taking: str, said: str
) -> None:
    takes_part = taking == "PART"
    amount_fen, above = caps.takes(due_fen, taken_fen=600, takes_part=takes_part)
    debit = NextDebit(
        on=DUE,
        amount_fen=amount_fen,
        above=above,
        due_fen=due_fen,
        caps=caps,
        taken_fen=600,
        takes_part=takes_part,
    )
    explained = debit_explained(debit)
    assert replay(explained.as_json()) == explained.result_fen == amount_fen
    assert said in sentence_of(explained, partial(_say, "zh-Hans"))
    assert sentence_of(explained, partial(_say, "en"))


def _say(language: str, key: str, **data: object) -> str:
    return text(key, language, **data)
