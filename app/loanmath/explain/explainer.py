"""Asking a loan for its figures and why they are so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property

from app.loanmath.calendar import BusinessDays, WorkingDays
from app.loanmath.explain.asking import Ask
from app.loanmath.explain.figures import Cause, Figure, NotExplained
from app.loanmath.explain.lines import TracedLine
from app.loanmath.explain.loans import OF_LOAN as _OF_LOAN
from app.loanmath.explain.paying_off import OF_LINE as _OF_LINE
from app.loanmath.explain.paying_off import OF_PAYOFF as _OF_PAYOFF
from app.loanmath.explain.repayments import REPAYMENT, explain_repayment
from app.loanmath.explain.rows import OF_ROW, Row, explain_row
from app.loanmath.explain.tracing import TracedBook
from app.loanmath.explain.values import Explanation, Move
from app.loanmath.explain.whole import Explaining, Whole
from app.loanmath.life.events import Disbursed, Event, Recovered, RepaymentReceived
from app.loanmath.life.fold import follow
from app.loanmath.life.preview import PREVIEW_ID
from app.loanmath.life.report import report, report_of_nothing
from app.loanmath.life.state import LoanState
from app.loanmath.schedule.choices import Prepayment
from app.loanmath.schedule.terms import Terms

_EXPLAINING = Explaining(of_loan={**_OF_LOAN, **_OF_PAYOFF}, of_line=_OF_LINE)

OF_LOAN = frozenset(_EXPLAINING.of_loan)
"""Figures of a loan as a whole, and of paying it off."""

OF_LINE = frozenset(_EXPLAINING.of_line)
"""Figures of paying off that each installment to come has."""

OF_REPAYMENT = frozenset(REPAYMENT.values()) | {
    Figure.REPAYMENT_AMOUNT,
    Figure.REPAYMENT_UNAPPLIED,
}
"""Figures that each repayment has."""

CHANGES: Mapping[Figure, Figure] = {
    Figure.CHANGE_TO_PAY: Figure.LOAN_TO_PAY,
    Figure.CHANGE_INTEREST: Figure.LOAN_INTEREST,
    Figure.CHANGE_WAIVED: Figure.LOAN_WAIVED,
}
"""How much which figure grows by what is only asked about."""


class Explainer:
    """
    One loan on one date, ready to be asked about any of its figures.

    Following the loan costs a few times what `fold` does; each answer after it costs little.
    """

    def __init__(
        self,
        terms: Terms,
        events: Iterable[Event],
        on: date,
        working: WorkingDays | None = None,
        *,
        before: "Explainer | None" = None,
    ) -> None:
        """
        Follow a loan to a date; `before` is the same loan without what is only asked about.

        Raises:
            EventRefused: The events make no life of this loan.
            CalendarMissing: The terms need working days and none were handed in.
            YearUnpublished: A due date has come whose year's working days are not published.
        """
        self._events = tuple(events)
        self._on = on
        self._before = before
        book = follow(TracedBook(terms, working), self._events, on)
        self._whole = Whole(book, self._events, on, _EXPLAINING)

    @cached_property
    def state(self) -> LoanState:
        """How the loan stands: what `fold` returns."""
        book = self._whole.book
        return report(book, self._on) if book.lines else report_of_nothing(self._on)

    def explain(
        self,
        figure: Figure,
        installment_number: int | None = None,
        event_id: str | None = None,
        *,
        code: str | None = None,
    ) -> Explanation:
        """
        Say why a figure is what it is.

        Args:
            figure: What is asked about.
            installment_number: Of which installment, for a figure of one; of a repayment's figures,
                what of it went to that one. The level installment without it is the one in force.
            event_id: Of which repayment, for a figure of one.
            code: Of which charge, for a figure of one.

        Raises:
            NotExplained: There is no such installment, repayment, or figure of it.
        """
        ask = Ask(
            figure=figure,
            on=self._on,
            installment_number=installment_number,
            event_id=event_id,
            code=code,
        )
        if figure in OF_REPAYMENT:
            return explain_repayment(ask, self._whole, self._repayment(ask))
        if figure is Figure.INTEREST_SAVED:
            return self._saved(ask)
        if figure in CHANGES:
            return self._change(ask, CHANGES[figure])
        if figure in OF_LOAN and installment_number is None:
            return self._whole.explain(ask)
        line = self._line(ask)
        if figure in OF_LINE:
            return self._whole.explain(ask, line)
        return explain_row(ask, Row(line, self._whole.book, self._whole.days))

    def _line(self, ask: Ask) -> TracedLine:
        number, lines = ask.installment_number, self._whole.lines
        is_of_row = ask.figure in OF_ROW or ask.figure in OF_LINE
        if not is_of_row or number is None or not 1 <= number <= len(lines):
            raise NotExplained(ask.figure, number)
        if ask.figure in OF_LINE and lines[number - 1] not in self._whole.to_come:
            raise NotExplained(ask.figure, number)
        return lines[number - 1]

    def _repayment(self, ask: Ask) -> RepaymentReceived | Recovered:
        event = self._whole.events.get(ask.event_id or "")
        is_in = event is not None and event.id in self._whole.book.came
        if not is_in or not isinstance(event, RepaymentReceived | Recovered):
            raise NotExplained(ask.figure, ask.event_id)
        return event

    def _saved(self, ask: Ask) -> Explanation:
        """Explain by how much less interest the plan asks than without the repayment."""
        if self._before is None:
            raise NotExplained(ask.figure)
        before = self._before.explain(Figure.LOAN_INTEREST).result_fen
        after = self.explain(Figure.LOAN_INTEREST).result_fen
        moves = [
            Move(cause=Cause.PLAN_BEFORE, amount=str(before)),
            Move(cause=Cause.PLAN_AFTER, amount=str(-after)),
        ]
        return ask.sum(moves=moves, least=0)

    def _change(self, ask: Ask, figure: Figure) -> Explanation:
        """Explain how much a figure grows by what is only asked about."""
        if self._before is None:
            raise NotExplained(ask.figure)
        after = self.explain(figure).result_fen
        before = self._before.explain(figure).result_fen
        moves = [
            Move(cause=Cause.AS_ARRANGED, amount=str(after)),
            Move(cause=Cause.AS_IT_IS, amount=str(-before)),
        ]
        return ask.sum(moves=moves)


def explain(  # noqa: PLR0917 - what `fold` takes, and which figure
    terms: Terms,
    events: Iterable[Event],
    on: date,
    figure: Figure,
    installment_number: int | None = None,
    working: WorkingDays | None = None,
) -> Explanation:
    """
    Say why one figure of a loan is what it is on a date; see `Explainer`.

    Raises:
        NotExplained: There is no such figure.
        EventRefused: The events make no life of this loan.
    """
    return Explainer(terms, events, on, working).explain(figure, installment_number)


def asked_for(text: str) -> tuple[Figure, int | None]:
    """
    Read which figure a person asks about: `installment-interest:3` is that of installment 3.

    Raises:
        NotExplained: There is no such figure, or the number is none.
    """
    name, colon, number = text.partition(":")
    figure = Figure.__members__.get(name.strip().upper().replace("-", "_"))
    is_number = number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS
    if figure is None or (colon and not is_number):
        raise NotExplained(text)
    return figure, int(number) if colon else None


_NUMBER_DIGITS = 4


def explainer_of_plan(terms: Terms, more: Iterable[Event] = ()) -> Explainer:
    """
    Return what explains the plan of terms that are not signed yet, as if lent as agreed.

    It explains what `agreed_plan` returns; with more, such as what others pay of the interest, what
    that makes of it.

    Raises:
        EventRefused: The terms make no plan.
    """
    events = lent_as_agreed(terms)
    # Nobody pays in between, so what lateness costs must not get into the plan.
    in_time = replace(
        terms,
        business_days=BusinessDays.AS_IS,
        overdue_bears_interest=False,
        penalty_factor=Decimal(0),
    )
    return Explainer(in_time, [*events, *more], events[-1].effective_on)


def explainer_of_lateness(terms: Terms, on: date) -> Explainer:
    """
    Return what explains terms that are not signed yet, as if lent as agreed and nothing paid.

    Days count as they are, whatever of them are working days.

    Raises:
        EventRefused: The terms make no plan.
    """
    return Explainer(replace(terms, business_days=BusinessDays.AS_IS), lent_as_agreed(terms), on)


def lent_as_agreed(terms: Terms) -> Sequence[Event]:
    """Return the money going out as the terms have it."""
    drawn = terms.drawdowns or ((terms.disbursed_on, terms.principal_fen),)
    recorded = datetime(2000, 1, 1, tzinfo=UTC)
    return [
        Disbursed(id=f"drawdown {place}", effective_on=on, recorded_at=recorded, amount_fen=amount)
        for place, (on, amount) in enumerate(drawn, 1)
    ]


def explainer_of_preview(
    terms: Terms,
    events: Iterable[Event],
    amount_fen: int,
    on: date,
    *,
    prepayment: Prepayment | None = None,
    working: WorkingDays | None = None,
) -> Explainer:
    """
    Return what explains a repayment as if made; its event's id is `PREVIEW_ID`.

    Raises:
        EventRefused: The amount is not positive, or the loan had no money out by that day.
    """
    recorded = tuple(events)
    repayment = RepaymentReceived(
        id=PREVIEW_ID,
        effective_on=on,
        recorded_at=datetime.max.replace(tzinfo=UTC),
        amount_fen=amount_fen,
        prepayment=prepayment,
    )
    before = Explainer(terms, recorded, on, working)
    return Explainer(terms, (*recorded, repayment), on, working, before=before)
