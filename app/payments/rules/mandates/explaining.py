"""Why a debit is as much as it is, and no more."""

from datetime import date

from app.loanmath.explain import Explanation, Figure, Input, InputName, Part, Rule, Unit
from app.payments.rules.mandates.values import NextDebit


def debit_explained(debit: NextDebit) -> Explanation:
    """Explain what is to be debited by what is due that day and the borrower's caps."""
    caps = debit.caps
    inputs = [_fen(InputName.DUE, debit.due_fen), _fen(InputName.CAP, caps.per_debit_fen)]
    if caps.per_month_fen is not None:
        inputs.append(_fen(InputName.CAP_PER_MONTH, caps.per_month_fen))
    inputs.append(_fen(InputName.TAKEN, debit.taken_fen))
    inputs.append(Input(InputName.TAKES_PART, Unit.COUNT, int(debit.takes_part)))
    return Explanation(
        figure=Figure.DEBIT_AMOUNT,
        on=debit.on,
        rule=Rule.DEBIT,
        result_fen=debit.amount_fen,
        inputs=tuple(inputs),
        parts=(Part(figure=Figure.LOAN_DUE_NOW, amount_fen=debit.due_fen),),
    )


def bound_explained(figure: Figure, amount_fen: int, on: date) -> Explanation:
    """Explain a cap or the floor: the borrower has set it."""
    return Explanation(
        figure=figure,
        on=on,
        rule=Rule.AGREED,
        result_fen=amount_fen,
        inputs=(_fen(InputName.AMOUNT, amount_fen),),
    )


def _fen(name: InputName, amount_fen: int) -> Input:
    return Input(name, Unit.FEN, amount_fen)
