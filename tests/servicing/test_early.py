"""Money beyond the dues does what the borrower chose, and what it changed is told in figures."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.foundation.database import transaction
from app.foundation.text import LANGUAGES, text
from app.loanmath.schedule import Method, Prepayment
from app.servicing import operations, queries
from app.servicing.errors import SourceReused
from app.servicing.graphql import early_words
from app.servicing.rules import (
    EarlyEffect,
    LoanRef,
    PaymentOutcome,
    PlanLine,
    ReversalReason,
)
from tests.servicing.conftest import START_ON, Lend, everything, is_sound, plain_terms

PAID_ON = START_ON + timedelta(days=10)
FOUR = (
    Prepayment.REDUCE_TERM,
    Prepayment.REDUCE_INSTALLMENT,
    Prepayment.PAY_NEXT,
    Prepayment.PARK_AT_END,
)


async def pay_early(
    loan: LoanRef, amount_fen: int, mode: Prepayment | None, key: str = "rp1"
) -> PaymentOutcome:
    async with transaction() as tx:
        return await operations.take_payment(
            tx, loan, amount_fen, repayment_id=key, received_on=tx.today, prepayment=mode
        )


async def plan(loan: LoanRef) -> list[PlanLine]:
    return [replace(line, loan_id="") for line in (await queries.plans_by_loan([loan.loan_id]))[0]]


async def interest_fen(loan: LoanRef) -> int:
    return sum(line.interest_fen for line in await plan(loan))


@pytest.mark.parametrize("mode", [None, *FOUR])
async def test_what_is_previewed_is_what_happens(lend: Lend, mode: Prepayment | None) -> None:
    loan = await lend()
    await operations.run_days(PAID_ON)
    before_fen = await interest_fen(loan)
    seen = await queries.preview_payment(loan, 50_000, PAID_ON, prepayment=mode)

    outcome = await pay_early(loan, 50_000, mode)

    assert outcome.allocations == seen.allocations
    assert outcome.early == seen.early
    summary = await queries.loan(loan)
    after = await plan(loan)
    left = [line for line in after if line.left_fen]
    assert (seen.installments_left, seen.next_amount_fen) == (len(left), left[0].left_fen)
    assert seen.closes_on == left[-1].payable_on == summary.closes_on
    assert seen.balance_after_fen == summary.balance_fen
    assert seen.interest_saved_fen == before_fen - sum(line.interest_fen for line in after)
    assert seen.prepayment is mode
    assert await is_sound()


async def test_each_mode_does_what_its_name_says(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(PAID_ON)
    level_fen = (await plan(loan))[1].total_fen
    term, installment, following, end = await queries.previews_of_payment(
        loan, 50_000, PAID_ON, FOUR
    )
    assert term.early is not None
    assert installment.early is not None
    assert following.early is not None
    assert end.early is not None

    assert (term.early.closes_on_before, term.early.closes_on) == (
        date(2027, 5, 21),
        date(2027, 3, 21),
    )
    assert (term.early.fewer, term.early.each_less_fen) == (2, 0)
    assert installment.early.closes_on == installment.early.closes_on_before
    assert installment.early.each_less_fen > 0
    assert installment.next_amount_fen < level_fen - installment.early.each_less_fen
    assert following.early.paid_ahead == (1, 2)
    assert following.interest_saved_fen == following.early.interest_saved_fen == 0
    assert end.early.fewer == 2
    assert term.interest_saved_fen >= end.interest_saved_fen > installment.interest_saved_fen > 0
    assert {one.early.early_fen for one in (term, installment, following, end) if one.early} == {
        50_000
    }


async def test_what_only_pays_dues_changes_nothing_early(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(date(2026, 12, 21))
    due_fen = (await queries.loan(loan)).due_now_fen
    for mode in FOUR:
        seen = await queries.preview_payment(loan, due_fen, date(2026, 12, 21), prepayment=mode)
        assert (seen.early, seen.interest_saved_fen) == (None, 0)
    outcome = await pay_early(loan, due_fen, Prepayment.REDUCE_TERM)
    assert outcome.early is None


async def test_what_is_due_is_paid_before_anything_early(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(date(2026, 12, 21))
    due_fen = (await queries.loan(loan)).due_now_fen
    outcome = await pay_early(loan, due_fen + 30_000, Prepayment.REDUCE_TERM)
    assert outcome.early is not None
    assert outcome.early.early_fen == 30_000
    assert (await queries.loan(loan)).due_now_fen == 0


async def test_paying_off_early_is_told_as_such(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(PAID_ON)
    before_fen = await interest_fen(loan)
    payoff = await queries.payoff_on(loan, PAID_ON)
    outcome = await pay_early(loan, payoff.amount_fen, Prepayment.PAY_NEXT)
    assert outcome.is_closed
    assert outcome.early is not None
    assert (outcome.early.closed, outcome.early.paid_ahead) == (True, ())
    assert outcome.early.interest_saved_fen == before_fen - await interest_fen(loan) > 0
    seen = await queries.preview_payment(await lend(), 200_000, PAID_ON)
    assert (seen.closes_loan, seen.closes_on) == (True, None)


@pytest.mark.parametrize("mode", FOUR)
async def test_after_a_reversal_nothing_of_it_remains(lend: Lend, mode: Prepayment) -> None:
    loan, twin = await lend(), await lend()
    await operations.run_days(PAID_ON)
    await pay_early(loan, 50_000, mode)
    assert await plan(loan) != await plan(twin)
    async with transaction() as tx:
        await operations.reverse_payment(
            tx, loan, repayment_id="rp1", reason=ReversalReason.CHARGED_BACK
        )
    assert await plan(loan) == await plan(twin)
    assert await is_sound()


async def test_a_directed_repayment_told_again_is_taken_once(lend: Lend) -> None:
    loan = await lend()
    first = await pay_early(loan, 50_000, Prepayment.REDUCE_TERM)
    before = await everything()
    assert await pay_early(loan, 50_000, Prepayment.REDUCE_TERM) == first
    with pytest.raises(SourceReused):
        await pay_early(loan, 50_000, Prepayment.PAY_NEXT)
    assert await everything() == before


class _Say:
    def __init__(self, language: str) -> None:
        self._language = language

    @property
    def context(self) -> "_Say":
        return self

    def text(self, key: str, **data: Any) -> str:  # noqa: ANN401 - what a sentence mentions
        return text(key, self._language, **data)


def said(effect: EarlyEffect | None, language: str = "zh-Hans") -> str:
    assert effect is not None
    return early_words(_Say(language), effect)  # pyright: ignore[reportArgumentType] - what of it is used


async def test_what_paying_early_changes_is_said_in_words(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(PAID_ON)
    term, installment, following, end = (
        one.early for one in await queries.previews_of_payment(loan, 50_000, PAID_ON, FOUR)
    )
    assert said(term) == (
        "还清时间从 2027年5月21日提前到 2027年3月21日，少还 2 期。"
        "下一期（12月21日）从 207.06 元变成 203.06 元。比照原计划还，少付利息 24.56 元。"
    )
    assert said(installment) == (
        "往后每期少还 85.30 元。下一期（12月21日）从 207.06 元变成 117.76 元。"
        "比照原计划还，少付利息 15.81 元。"
    )
    assert said(following, "en") == (
        "Installments 1 to 2 are paid ahead. The next one (Feb 21) is ¥121.18 instead of ¥207.06."
        " The interest stays the same."
    )
    assert "少还 2 期" in said(end)
    small = (await queries.preview_payment(loan, 10_000, PAID_ON, prepayment=FOUR[-1])).early
    assert "最后一期（2027年5月21日）从 207.05 元变成 " in said(small)
    undirected = (await queries.preview_payment(loan, 50_000, PAID_ON)).early
    assert said(undirected).startswith("第 1 期提前还好了。往后每期少还 ")
    whole = (await queries.preview_payment(loan, 130_000, PAID_ON)).early
    for language in LANGUAGES:
        assert said(whole, language)
    assert said(whole).startswith("提前还清，比照原计划还少付利息 ")


@pytest.mark.parametrize("method", Method)
async def test_every_method_has_words_for_every_mode(lend: Lend, method: Method) -> None:
    changes: dict[str, Any] = {"method": method}
    if method is Method.SEASONAL:
        changes["season_weights"] = (0, 1, 0, 2, 0, 3)
    loan = await lend(plain_terms(**changes))
    await operations.run_days(PAID_ON)
    for amount_fen in (500, 10_000, 60_000):
        for seen in await queries.previews_of_payment(loan, amount_fen, PAID_ON, FOUR):
            assert seen.interest_saved_fen >= 0
            for language in LANGUAGES:
                assert said(seen.early, language).endswith("。" if language == "zh-Hans" else ".")
