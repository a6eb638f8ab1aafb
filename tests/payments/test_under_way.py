"""What a card is being debited for counts before it came: paying twice leaves no loan overpaid."""

from dataclasses import replace

import pytest

from app.foundation.database import fetch
from app.foundation.errors import Refusal
from app.identity.operations import approve_intent
from app.identity.rules.commands import ApproveIntent
from app.payments import operations
from app.payments.errors import AmountAboveBalance, CashAboveOwed, CashOver, DebitUnderWay
from app.payments.operations import (
    BeginCardRepayment,
    QuotePayoff,
    Repay,
    RepayFromCard,
    begin_card_repayment,
)
from app.payments.rules import RepaymentStatus, RepaymentView
from tests.cards import approval_of, caller_of, forget_sends, name_card
from tests.meeting import meet
from tests.payments.conftest import balance_of
from tests.payments.mandates.conftest import CARD
from tests.payments.test_cash import Shop, ask, shop, stored

__all__ = ["shop"]

LEFT_FEN = 100_000
"""What the loan still takes beside the debit; cash is counted from a yuan up."""


async def approved(shop: Shop, amount_fen: int) -> RepayFromCard:
    """Approve that so much is taken from the card."""
    borrower_id = shop.loan.borrower_id
    await name_card(borrower_id, CARD)
    await forget_sends()
    wish = BeginCardRepayment(
        loan=shop.loan,
        amount_fen=amount_fen,
        caller=caller_of(borrower_id),
        idempotency_key="card-ask",
    )
    return RepayFromCard(
        loan=shop.loan,
        amount_fen=amount_fen,
        caller=wish.caller,
        approval=await approval_of(await begin_card_repayment(wish)),
        idempotency_key="card",
    )


async def all_but_a_little(shop: Shop) -> int:
    return await balance_of(shop.loan) - LEFT_FEN


async def debited(shop: Shop) -> str:
    """Let a debit be on its way for all but a little; return its repayment."""
    view = await operations.repay_from_card(await approved(shop, await all_but_a_little(shop)))
    assert isinstance(view, RepaymentView)
    return view.repayment_id


async def test_a_repayment_is_refused_that_would_pay_a_debit_on_its_way_twice(shop: Shop) -> None:
    owed_fen = await balance_of(shop.loan)
    on_its_way = await debited(shop)
    wish = Repay(loan=shop.loan, amount_fen=LEFT_FEN + 1, idempotency_key="pay")
    before = await stored()
    with pytest.raises(DebitUnderWay) as refusal:
        await operations.repay(wish)
    assert refusal.value.repayment_id == on_its_way
    with pytest.raises(AmountAboveBalance):
        await operations.repay(replace(wish, amount_fen=owed_fen + 1))
    quote = await operations.quote_payoff(QuotePayoff(loan=shop.loan, on=None, idempotency_key="q"))
    paid_off = replace(wish, amount_fen=quote.amount_fen, payoff_quote_id=quote.quote_id)
    with pytest.raises(DebitUnderWay):
        await operations.repay(paid_off)
    given = {"loanId": shop.loan.loan_id, "amount": owed_fen, "idempotencyKey": "graph"}
    told = await ask(caller_of(shop.loan.borrower_id), "borrower/repay", input=given)
    assert (told["code"], told["field"]) == ("DEBIT_UNDER_WAY", "input.loanId")
    assert "不要重复还" in told["message"]
    assert await stored() == before

    taken = await operations.repay(replace(wish, amount_fen=LEFT_FEN, idempotency_key="rest"))
    assert taken.status is RepaymentStatus.INITIATED
    meant = replace(wish, amount_fen=owed_fen, allow_overpayment=True, idempotency_key="meant")
    assert (await operations.repay(meant)).amount_fen == owed_fen


async def test_a_shop_counts_no_cash_that_the_card_is_debited_for(shop: Shop) -> None:
    cash_id = await shop.taken(LEFT_FEN + 100, "early")
    confirm = await shop.approved(cash_id, "early")
    await debited(shop)
    before = await stored()
    with pytest.raises(CashOver):
        await operations.confirm_cash(confirm)
    assert await stored() == before
    code = await shop.show(key="late")
    too_much = shop.counted(code, LEFT_FEN + 100, "late")
    assert isinstance(await operations.start_cash(too_much), CashAboveOwed)

    rest = await operations.confirm_cash(await shop.approved(await shop.taken(LEFT_FEN)))
    assert isinstance(rest, RepaymentView)
    assert await balance_of(shop.loan) == before_debit(before)


def before_debit(rows: dict[str, list[dict[str, object]]]) -> object:
    """Return the amount of the only repayment: the debit's, which is what is left to come."""
    (debit,) = rows["repayment"]
    return debit["amount_fen"]


@pytest.mark.parametrize("is_card_first", [True, False])
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_cash_and_a_debit_at_the_same_moment_are_never_both_taken(
    shop: Shop, *, is_card_first: bool
) -> None:
    cash_id = await shop.taken(LEFT_FEN + 100)
    by_card = await approved(shop, await all_but_a_little(shop))
    # Approved at once: the code for the cash takes the place of this one.
    await approve_intent(
        ApproveIntent(
            caller=by_card.caller, approval=by_card.approval, pin=None, idempotency_key="approve"
        )
    )
    by_cash = await shop.approved(cash_id)
    refused: list[Refusal] = []

    async def pay_by_card() -> None:
        try:
            await operations.repay_from_card(by_card)
        except AmountAboveBalance as refusal:
            refused.append(refusal)

    async def pay_in_cash() -> None:
        try:
            await operations.confirm_cash(by_cash)
        except CashOver as refusal:
            refused.append(refusal)

    acts = (pay_by_card, pay_in_cash) if is_card_first else (pay_in_cash, pay_by_card)
    await meet(shop.loan.borrower_id, *acts)
    assert len(refused) == 1, "whichever comes second"
    assert len(await fetch("SELECT id FROM repayment")) == 1
