"""What is said of a figure leads to it: for every figure of every life a loan can have."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given

from app.loanmath.agreed import agreed_plan
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.explain import (
    OF_REPAYMENT,
    Explainer,
    Figure,
    explainer_of_plan,
    explainer_of_preview,
)
from app.loanmath.life import RepaymentReceived, preview
from app.loanmath.life.preview import PREVIEW_ID
from app.loanmath.payoff import payoff
from app.loanmath.schedule import Terms
from app.loanmath.waterfall import DueKind
from tests.loanmath.drawn import any_terms, lives
from tests.loanmath.explain.asking_all import (
    check,
    every,
    loan_figures,
    payoff_figures,
    replayed,
    row_figures,
)
from tests.loanmath.lives import Life, examples, plain_terms

Drawn = tuple[Life, date]


def explained(life: Life, on: date) -> Explainer:
    """Follow a life as `fold` does, to the same state."""
    try:
        state = life.on(on)
    except EventRefused:
        assume(False)  # noqa: FBT003 - Hypothesis's own way to redraw
        raise
    explainer = Explainer(life.terms, life.events, on, life.working)
    assert explainer.state == state
    return explainer


@given(lives())
@examples(30)
def test_every_figure_of_every_installment_follows_from_what_is_said(drawn: Drawn) -> None:
    life, on = drawn
    explainer = explained(life, on)
    for row in explainer.state.rows:
        for figure, figure_fen in row_figures(row).items():
            check(explainer, explainer.explain(figure, row.number), figure_fen)


@given(lives())
@examples(30)
def test_every_figure_of_the_loan_and_its_payoff_follows_from_what_is_said(drawn: Drawn) -> None:
    life, on = drawn
    explainer = explained(life, on)
    closing = payoff(life.terms, life.events, on, life.working)
    shown = loan_figures(explainer.state) | payoff_figures(closing, explainer.state)
    for figure, figure_fen in shown.items():
        check(explainer, explainer.explain(figure), figure_fen)


@given(lives())
@examples(30)
def test_everything_that_can_be_asked_follows_from_what_is_said(drawn: Drawn) -> None:
    life, on = drawn
    explainer = explained(life, on)
    for one in every(explainer):
        assert replayed(one.as_json()) == one.result_fen
        for part in one.parts:
            found = explainer.explain(part.figure, part.installment_number)
            assert found.result_fen == part.amount_fen


@given(lives())
@examples(30)
def test_every_part_of_every_repayment_follows_from_what_is_said(drawn: Drawn) -> None:
    life, on = drawn
    explainer = explained(life, on)
    took = [
        (part.event_id, part.installment_number, part.kind) for part in explainer.state.allocations
    ]
    for event_id, number, kind in set(took):
        stands = sum(
            part.amount_fen
            for part in explainer.state.allocations
            if (part.event_id, part.installment_number, part.kind) == (event_id, number, kind)
        )
        said = explainer.explain(Figure(f"REPAYMENT_{kind}"), number, event_id)
        check(explainer, said, stands)
    for event_id in {event_id for event_id, _, _ in took}:
        amounts = {one.id: one for one in life.events if isinstance(one, RepaymentReceived)}
        if event_id in amounts:
            whole = explainer.explain(Figure.REPAYMENT_AMOUNT, event_id=event_id)
            check(explainer, whole, amounts[event_id].amount_fen)
        for figure in OF_REPAYMENT:
            one = explainer.explain(figure, event_id=event_id)
            check(explainer, one, one.result_fen)
            for step in one.moves:
                assert step.left_fen is not None
        steps = explainer.explain(Figure.REPAYMENT_UNAPPLIED, event_id=event_id)
        left_fen = 0
        for step in steps.parts:
            left_fen += step.sign * step.amount_fen
            assert step.left_fen == left_fen
        assert left_fen == steps.result_fen


@given(lives())
@examples(30)
def test_what_a_repayment_would_do_follows_from_what_is_said(drawn: Drawn) -> None:
    life, on = drawn
    state = explained(life, on).state
    amount_fen = max(state.payoff_fen // 3, 1)
    if not state.rows:
        return
    explainer = explainer_of_preview(life.terms, life.events, amount_fen, on, working=life.working)
    seen = preview(life.terms, life.events, amount_fen, on, working=life.working)
    before = sum(row.interest_fen for row in seen.before.rows)
    after = sum(row.interest_fen for row in seen.after.rows)
    assert explainer.state == seen.after
    check(explainer, explainer.explain(Figure.INTEREST_SAVED), max(before - after, 0))
    unapplied = explainer.explain(Figure.REPAYMENT_UNAPPLIED, event_id=PREVIEW_ID)
    check(explainer, unapplied, seen.unapplied_fen)
    for kind in DueKind:
        went = sum(part.amount_fen for part in seen.allocations if part.kind is kind)
        said = explainer.explain(Figure(f"REPAYMENT_{kind}"), event_id=PREVIEW_ID)
        check(explainer, said, went)


@given(any_terms())
@examples(30)
def test_the_plan_of_terms_not_yet_signed_follows_from_what_is_said(terms: Terms) -> None:
    try:
        plan = agreed_plan(terms)
    except TermsRefused:
        assume(False)  # noqa: FBT003 - Hypothesis's own way to redraw
        raise
    explainer = explainer_of_plan(terms)
    for row in plan:
        figures = {
            Figure.INSTALLMENT_PRINCIPAL: row.principal_fen,
            Figure.INSTALLMENT_INTEREST: row.interest_fen,
            Figure.INSTALLMENT_FEE: row.fee_fen,
            Figure.INSTALLMENT_TOTAL: row.total_fen,
        }
        for figure, figure_fen in figures.items():
            check(explainer, explainer.explain(figure, row.number), figure_fen)


@pytest.mark.parametrize("days", [0, 40, 400])
def test_a_loan_whose_money_has_not_gone_out_owes_nothing_and_says_so(days: int) -> None:
    terms = plain_terms()
    explainer = Explainer(terms, [], terms.disbursed_on + timedelta(days=days))
    for figure, figure_fen in loan_figures(explainer.state).items():
        check(explainer, explainer.explain(figure), figure_fen)
