"""What an arrangement asks beyond what the borrower can pay, and why it is so much."""

from collections.abc import Sequence
from datetime import date

from app.loanmath.explain import Cause, Explanation, Figure, Move, Part, Rule
from app.servicing.rules.hardship.values import Option, Wish
from app.servicing.rules.values import PlanLine


def shortfall(option: Option, wish: Wish, on: date) -> Explanation:
    """Explain what of an arrangement the borrower cannot pay."""
    return shortfall_of([line for line in option.lines if line.left_fen > 0], wish, on)


def shortfall_of(left: Sequence[PlanLine], wish: Wish, on: date) -> Explanation:
    """
    Sum what installments ask beyond what can be paid of each, and say so.

    One due before the day from which the borrower can pay counts whole.
    """
    parts: list[Part] = []
    moves: list[Move] = []
    short_fen = 0
    for line in left:
        is_early = wish.from_on is not None and line.payable_on < wish.from_on
        paid_fen = 0 if is_early else wish.monthly_fen
        if paid_fen is None or line.left_fen <= paid_fen:
            continue
        short_fen += line.left_fen - paid_fen
        parts.append(
            Part(
                figure=Figure.INSTALLMENT_LEFT,
                amount_fen=line.left_fen,
                installment_number=line.number,
            )
        )
        if paid_fen:
            moves.append(
                Move(
                    cause=Cause.AFFORDED,
                    amount=str(-paid_fen),
                    on=line.payable_on,
                    installment_number=line.number,
                )
            )
    return Explanation(
        figure=Figure.SHORTFALL,
        on=on,
        rule=Rule.SUM,
        result_fen=short_fen,
        parts=tuple(parts),
        moves=tuple(moves),
    )
