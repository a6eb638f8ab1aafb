"""Every figure a state shows, and the one its explanation must lead to."""

from collections.abc import Iterator

from app.loanmath.explain import (
    OF_LINE,
    OF_LOAN,
    OF_ROW,
    Explainer,
    Explanation,
    Figure,
    NotExplained,
)
from app.loanmath.life import LoanState, PlanRow
from app.loanmath.payoff import Payoff
from app.loanmath.record import Json
from tests.loanmath.explain.replaying import replay


def row_figures(row: PlanRow) -> dict[Figure, int]:
    """Name what a row of `fold`'s state shows."""
    return {
        Figure.INSTALLMENT_TOTAL: row.total_fen,
        Figure.INSTALLMENT_PAID: row.paid_fen,
        Figure.INSTALLMENT_LEFT: row.left_fen,
        Figure.INSTALLMENT_WAIVED: row.waived_fen,
        Figure.INSTALLMENT_PRINCIPAL: row.principal_fen,
        Figure.INSTALLMENT_INTEREST: row.interest_fen,
        Figure.INSTALLMENT_FEE: row.fee_fen,
        Figure.INSTALLMENT_COST: row.cost_fen,
        Figure.INSTALLMENT_PENALTY: row.penalty_fen,
        Figure.PAID_PRINCIPAL: row.paid_principal_fen,
        Figure.PAID_INTEREST: row.paid_interest_fen,
        Figure.PAID_FEE: row.paid_fee_fen,
        Figure.PAID_COST: row.paid_cost_fen,
        Figure.PAID_PENALTY: row.paid_penalty_fen,
    }


def loan_figures(state: LoanState) -> dict[Figure, int]:
    """Name what `fold`'s state shows of the loan."""
    return {
        Figure.LOAN_LENT: state.disbursed_fen,
        Figure.LOAN_PRINCIPAL: state.principal_fen,
        Figure.LOAN_BALANCE: sum(row.left_fen for row in state.rows),
        Figure.LOAN_DUE_NOW: state.due_now_fen,
        Figure.LOAN_OVERDUE: state.overdue_fen,
        Figure.LOAN_PENALTY: state.penalty_fen,
        Figure.LOAN_UNAPPLIED: state.unapplied_fen,
        Figure.LOAN_INTEREST: sum(row.interest_fen for row in state.rows),
        Figure.LOAN_FEE: sum(row.fee_fen for row in state.rows),
        Figure.LOAN_TOTAL: sum(row.total_fen for row in state.rows),
        Figure.LOAN_CHARGES: sum(row.interest_fen + row.fee_fen for row in state.rows),
        Figure.LOAN_REPAID: sum(row.paid_fen for row in state.rows),
        Figure.LOAN_WAIVED: sum(row.waived_fen for row in state.rows),
        Figure.LOAN_TO_PAY: sum(row.left_fen for row in state.rows) - state.unapplied_fen,
        Figure.LOAN_NEXT: next((row.left_fen for row in state.rows if row.left_fen), 0),
        Figure.ACCRUED_INTEREST: state.accrued_interest_fen,
        Figure.PAYOFF_AMOUNT: state.payoff_fen,
    }


def payoff_figures(payoff: Payoff, state: LoanState) -> dict[Figure, int]:
    """Name what `payoff` shows."""
    balance_fen = sum(row.left_fen for row in state.rows)
    owed_fen = (
        payoff.principal_fen
        + payoff.interest_fen
        + payoff.fee_fen
        + payoff.cost_fen
        + payoff.penalty_fen
    )
    return {
        Figure.PAYOFF_AMOUNT: payoff.amount_fen,
        Figure.PAYOFF_PRINCIPAL: payoff.principal_fen,
        Figure.PAYOFF_INTEREST: payoff.interest_fen,
        Figure.PAYOFF_FEE: payoff.fee_fen,
        Figure.PAYOFF_COST: payoff.cost_fen,
        Figure.PAYOFF_PENALTY: payoff.penalty_fen,
        Figure.PAYOFF_UNEARNED: payoff.unearned_fen,
        Figure.PAYOFF_CREDIT: payoff.unearned_fen + state.unapplied_fen,
        Figure.PAYOFF_SAVED: max(balance_fen + payoff.unearned_fen - owed_fen, 0),
    }


def check(explainer: Explainer, said: Explanation, figure_fen: int) -> None:
    """Replay an explanation, and everything it points to, all the way down."""
    seen: set[tuple[Figure, int | None]] = set()
    expected: list[tuple[Explanation, int]] = [(said, figure_fen)]
    while expected:
        one, amount_fen = expected.pop()
        written = one.as_json()
        where = (one.figure, one.installment_number, written)
        assert one.result_fen == amount_fen, where
        assert replayed(written) == amount_fen, where
        for part in one.parts:
            place = (part.figure, part.installment_number)
            if place not in seen:
                seen.add(place)
                deeper = explainer.explain(part.figure, part.installment_number, one.event_id)
                expected.append((deeper, part.amount_fen))


def replayed(written: dict[str, Json]) -> int:
    return replay(written)


def every(explainer: Explainer) -> Iterator[Explanation]:
    """Yield every explanation a loan can give."""
    for figure in sorted(OF_LOAN - {Figure.LOAN_CHARGE}):
        try:
            yield explainer.explain(figure)
        except NotExplained:
            assert figure is Figure.LEVEL_INSTALLMENT
    numbers = range(1, len(explainer.state.rows) + 1)
    for figure in sorted(OF_ROW | OF_LINE):
        for number in numbers:
            try:
                yield explainer.explain(figure, number)
            except NotExplained:
                assert figure in OF_LINE | {Figure.LEVEL_INSTALLMENT, Figure.PRINCIPAL_SHARE}
