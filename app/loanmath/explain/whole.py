"""A loan as a whole, followed to a date and ready to be asked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.loanmath.explain.asking import Ask
from app.loanmath.explain.figures import Figure
from app.loanmath.explain.lines import TracedLine
from app.loanmath.explain.tracing import TracedBook
from app.loanmath.explain.values import Explanation, Part
from app.loanmath.life.events import Event
from app.loanmath.waterfall import DueKind


class Whole:
    """
    A loan in a book that has advanced to a date, and everything recorded about it.

    `explaining` says who explains which figure; figures are made of one another.
    """

    def __init__(
        self, book: TracedBook, events: Iterable[Event], on: date, explaining: "Explaining"
    ) -> None:
        self.book = book
        self.explaining = explaining
        self.on = on
        self.events = {event.id: event for event in events}

    @property
    def lines(self) -> list[TracedLine]:
        """All installments."""
        return [line for line in self.book.lines if isinstance(line, TracedLine)]

    @property
    def due(self) -> list[TracedLine]:
        """Those that have fallen due and are not fully paid."""
        return [line for line in self.lines[: self.book.cursor] if line.left_fen > 0]

    @property
    def to_come(self) -> list[TracedLine]:
        """Those not yet due."""
        return self.lines[self.book.cursor :]

    @property
    def days(self) -> dict[str, date]:
        """When each event took effect."""
        return {event.id: event.effective_on for event in self.events.values()}

    @property
    def until(self) -> date:
        """The day up to which paying off pays interest."""
        return self.book.settled_until(self.on)

    def value(self, figure: Figure, line: TracedLine | None = None) -> int:
        """Return the value of a figure of the loan, or of paying it off."""
        return self.explain(Ask(figure=figure, on=self.on), line).result_fen

    def explain(self, ask: Ask, line: TracedLine | None = None) -> Explanation:
        """Explain a figure of the loan; with a line, one of paying off that lines have."""
        if line is not None:
            return self.explaining.of_line[ask.figure](ask, self, line)
        return self.explaining.of_loan[ask.figure](ask, self)

    def part(self, figure: Figure, sign: int = 1) -> list[Part]:
        """Point to a figure of the loan, if it is not zero."""
        amount_fen = self.value(figure)
        return [Part(figure=figure, amount_fen=amount_fen, sign=sign)] if amount_fen else []

    def row_parts(self, figure: Figure, lines: Iterable[TracedLine]) -> list[Part]:
        """Point to a figure of paying off in each installment where it is not zero."""
        return [
            Part(figure=figure, amount_fen=amount_fen, installment_number=line.number)
            for line in lines
            if (amount_fen := self.value(figure, line))
        ]

    def went(self, event_id: str) -> dict[tuple[int, DueKind], int]:
        """Return where one repayment stands, by installment and kind of due, as it went there."""
        return {
            (number, kind): amount_fen
            for (paid_by, number, kind), amount_fen in self.book.standing.items()
            if paid_by == event_id and amount_fen
        }


OfLoan = Callable[[Ask, Whole], Explanation]
"""Explains one figure of a loan."""

OfLine = Callable[[Ask, Whole, TracedLine], Explanation]
"""Explains one figure of paying off that installments to come have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """Who explains which figure."""

    of_loan: Mapping[Figure, OfLoan]
    of_line: Mapping[Figure, OfLine]
