"""A book that remembers how each of its figures came about; it counts exactly as any other."""

from datetime import date
from fractions import Fraction

from app.loanmath.calendar import WorkingDays
from app.loanmath.explain.causes import move, note
from app.loanmath.explain.figures import Cause
from app.loanmath.explain.laying import LayingBook, paid_ahead
from app.loanmath.explain.layouts import Piece, carried_piece, segment_of
from app.loanmath.explain.lines import TracedLine
from app.loanmath.explain.values import Move
from app.loanmath.life.events import Event, Rescheduled
from app.loanmath.life.line import Line
from app.loanmath.money import round_fen
from app.loanmath.schedule.choices import InterestStep, Moratorium
from app.loanmath.schedule.dates import Period
from app.loanmath.schedule.terms import Terms


class TracedBook(LayingBook):
    """A book that notes how its figures come about, for explaining them."""

    def __init__(self, terms: Terms, working: WorkingDays | None) -> None:
        self.lent: list[Move] = []
        self._is_composing = True
        super().__init__(terms, working)
        self._is_composing = False

    def __setattr__(self, name: str, value: object) -> None:
        """Set a figure of the loan, and note why interest put aside or money lent changes."""
        before = self.__dict__.get(name)
        object.__setattr__(self, name, value)
        if name == "pending" and not self._is_composing:
            assert isinstance(value, Fraction)
            assert isinstance(before, Fraction)
            self._pending_changed(value - before)
        elif name == "disbursed_fen" and before is not None:
            assert isinstance(value, int)
            assert isinstance(before, int)
            self.lent += [move(self, Cause.LENT, value - before)] if value != before else []

    def begin(self, event: Event) -> None:
        """Remember which event is the reason for what comes next."""
        self.event = event
        self.layout, self.is_closing = None, False

    def new_line(self, number: int, span: Period, payable_on: date | None) -> Line:
        """Write an empty line that notes what happens to it."""
        return TracedLine(self, number, span, payable_on)

    def pieces_to(self, day: date) -> list[Piece]:
        """Return what the running period's interest up to a day is made of."""
        line = self.running
        if line is None:
            return []
        part = line.elapsed_since(self.terms, self.mark, day)
        if part <= 0:
            return list(self.pieces)
        base = self.balance_fen if self.flat_base is None else self.flat_base
        rounded_fen = None
        if self.terms.interest_step is InterestStep.PER_SEGMENT:
            rounded_fen = round_fen(base * self.rate * part, self.terms.interest_rounding)
        start, end = max(self.mark, line.start), min(day, line.due_on)
        piece = segment_of(start, end, base, self.rates, part, rounded_fen)
        return [*self.pieces, piece] if piece.amount or rounded_fen is not None else self.pieces[:]

    def freeze(self, day: date) -> None:
        """Put what has accrued aside, piece by piece."""
        pieces = self.pieces_to(day)
        self._is_composing = True
        super().freeze(day)
        self._is_composing = False
        self.pieces = pieces
        self._check_pieces()

    def _fall_due(self, line: Line) -> None:
        pieces = self.pieces_to(line.due_on)
        paid_fen = line.paid_interest_fen
        self._is_composing = True
        super()._fall_due(line)
        self._is_composing = False
        if line.skip is Moratorium.PRINCIPAL_AND_INTEREST:
            self.pieces = pieces
            if paid_fen:
                self.pieces.append(paid_ahead(Fraction(-paid_fen), line))
        elif self.terms.interest_step is InterestStep.CARRIED and self.pending:
            self.pieces = [carried_piece(self.pending, line.number)]
        else:
            self.pieces = []
        self._check_pieces()

    def _check_pieces(self) -> None:
        whole = sum((piece.amount for piece in self.pieces), Fraction(0))
        assert whole == self.pending, "interest put aside is the sum of its pieces"

    def _pending_changed(self, by: Fraction) -> None:
        if self.is_closing:
            settled = Piece(self.pending, move(self, Cause.SETTLED, self.pending))
            self.pieces = [settled] if self.pending else []
        elif by:
            cause = Cause.ROUNDED
            if isinstance(self.event, Rescheduled):
                cause = Cause.RESCHEDULED if by > 0 else Cause.PAID_AHEAD
            self.pieces = [*self.pieces, Piece(by, move(self, cause, by))]

    def changed(self, line: TracedLine, name: str, before: object, after: object) -> None:
        """Note why a figure of a line changed, or was set again to what it was."""
        if name == "target_fen":
            assert isinstance(before, int | Fraction)
            line.weight = before
            return
        assert isinstance(before, int)
        assert isinstance(after, int)
        note(self, line, name, before, after)
