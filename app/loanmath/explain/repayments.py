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
    steps = _steps(event, went)
    if ask.figure is Figure.REPAYMENT_UNAPPLIED:
        amount_fen = event.amount_fen
        whole_part = Part(
            figure=Figure.REPAYMENT_AMOUNT, amount_fen=amount_fen, left_fen=amount_fen
        )
        taken = [
            Part(
                figure=REPAYMENT[kind],
                amount_fen=int(step.amount),
                sign=-1,
                installment_number=step.installment_number,
                left_fen=step.left_fen,
            )
            for kind, step in steps
        ]
        return ask.sum([whole_part, *taken])
    moves = [
        step
        for kind, step in steps
        if REPAYMENT[kind] is ask.figure
        and ask.installment_number in {None, step.installment_number}
    ]
    order = ",".join(step.kind for step in whole.book.terms.waterfall.steps[: len(DueKind)])
    return ask.sum(moves=moves).with_input(Input(InputName.ORDER, Unit.WORDS, order))


def _steps(
    event: RepaymentReceived | Recovered, went: Mapping[tuple[int, DueKind], int]
) -> list[tuple[DueKind, Move]]:
    """List where a repayment stands, in the order it went there, and what was left each time."""
    steps: list[tuple[DueKind, Move]] = []
    left_fen = event.amount_fen
    for (number, kind), amount_fen in went.items():
        left_fen -= amount_fen
        step = Move(
            cause=Cause.ALLOCATED,
            amount=str(amount_fen),
            event_id=event.id,
            on=event.effective_on,
            installment_number=number,
            left_fen=left_fen,
        )
        steps.append((kind, step))
    return steps
