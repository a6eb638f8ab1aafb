"""A figure that is asked for, and short ways to write its explanation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from app.loanmath.explain.figures import Figure, InputName, Rule
from app.loanmath.explain.layouts import Piece
from app.loanmath.explain.values import (
    Explanation,
    FeeLine,
    Input,
    Move,
    Part,
    RoundingStep,
    Segment,
    fen,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which figure is to be explained, and as of which date."""

    figure: Figure
    on: date
    installment_number: int | None = None
    event_id: str | None = None
    code: str | None = None

    def but(self, figure: Figure) -> "Ask":
        """Ask for another figure of the same."""
        return replace(self, figure=figure)

    def answer(
        self,
        rule: Rule,
        result_fen: int,
        *,
        inputs: Iterable[Input] = (),
        segments: Iterable[Segment] = (),
        moves: Iterable[Move] = (),
        fees: Iterable[FeeLine] = (),
        parts: Iterable[Part] = (),
        rounding: RoundingStep | None = None,
    ) -> Explanation:
        """Write the explanation."""
        return Explanation(
            figure=self.figure,
            on=self.on,
            rule=rule,
            result_fen=result_fen,
            installment_number=self.installment_number,
            event_id=self.event_id,
            code=self.code,
            inputs=tuple(inputs),
            segments=tuple(segments),
            moves=tuple(moves),
            fees=tuple(fees),
            parts=tuple(parts),
            rounding=rounding,
        )

    def sum(
        self, parts: Iterable[Part] = (), moves: Iterable[Move] = (), *, least: int | None = None
    ) -> Explanation:
        """Explain a figure as a sum of others, and of amounts that came and went."""
        parts, moves = tuple(parts), tuple(moves)
        whole = sum(part.sign * part.amount_fen for part in parts) + moved_fen(moves)
        if least is None:
            return self.answer(Rule.SUM, whole, parts=parts, moves=moves)
        return self.answer(
            Rule.SUM_NOT_BELOW,
            max(whole, least),
            parts=parts,
            moves=moves,
            inputs=[fen(InputName.LEAST, least)],
        )


def moved_fen(moves: Iterable[Move]) -> int:
    """Sum moves of whole fen."""
    whole = sum((Fraction(move.amount) for move in moves), Fraction(0))
    assert whole.denominator == 1, "these moves are of whole fen"
    return whole.numerator


def segments_of(pieces: Sequence[Piece]) -> list[Segment]:
    """Return the stretches among pieces of interest."""
    return [piece.shown for piece in pieces if isinstance(piece.shown, Segment)]


def moves_of(pieces: Sequence[Piece]) -> list[Move]:
    """Return what is no stretch among pieces of interest."""
    return [piece.shown for piece in pieces if isinstance(piece.shown, Move)]


def sum_of(pieces: Iterable[Piece]) -> Fraction:
    """Sum pieces of interest."""
    return sum((piece.amount for piece in pieces), Fraction(0))


def as_paid(ask: Ask, paid_fen: int) -> Explanation:
    """Explain a figure that asks nothing beyond what was paid."""
    return ask.answer(Rule.AS_PAID, paid_fen, inputs=[fen(InputName.PAID, paid_fen)])
