"""Where a repayment went."""

from collections.abc import Mapping

from app.loanmath.explain.asking import Ask
from app.loanmath.explain.figures import Cause, Figure, InputName, Rule, Unit
from app.loanmath.explain.values import Explanation, Input, Move, Part, fen
from app.loanmath.explain.whole import Whole
from app.loanmath.life.events import Recovered, RepaymentReceived
from app.loanmath.waterfall import DueKind

REPAYMENT: Mapping[DueKind, Figure] = {
    kind: Figure(f"REPAYMENT_{kind}") for kind in reversed(DueKind)
}
"""Which figure of a repayment is about which kind of due."""


def explain_repayment(ask: Ask, whole: Whole, event: RepaymentReceived | Recovered) -> Explanation:
    """Explain where one repayment went; of one installment, if that is named."""
    went = whole.went(event.id)
    if ask.figure is Figure.REPAYMENT_AMOUNT:
        inputs = [fen(InputName.AMOUNT, event.amount_fen)]
        return ask.answer(Rule.RECEIVED, event.amount_fen, inputs=inputs)
    if ask.figure is Figure.REPAYMENT_UNAPPLIED:
        by_kind = dict.fromkeys(REPAYMENT, 0)
        for (_, kind), amount_fen in went.items():
            by_kind[kind] += amount_fen
        taken = [
            Part(figure=REPAYMENT[kind], amount_fen=amount_fen, sign=-1)
            for kind, amount_fen in by_kind.items()
            if amount_fen
        ]
        return ask.sum([Part(figure=Figure.REPAYMENT_AMOUNT, amount_fen=event.amount_fen), *taken])
    moves = [
        Move(
            cause=Cause.ALLOCATED,
            amount=str(amount_fen),
            event_id=event.id,
            on=event.effective_on,
            installment_number=number,
        )
        for (number, kind), amount_fen in sorted(went.items())
        if REPAYMENT[kind] is ask.figure and ask.installment_number in {None, number}
    ]
    order = ",".join(step.kind for step in whole.book.terms.waterfall.steps[: len(DueKind)])
    return ask.sum(moves=moves).with_input(Input(InputName.ORDER, Unit.WORDS, order))
