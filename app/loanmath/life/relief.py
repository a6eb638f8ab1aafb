"""Relief that changes when the rest falls due: deferral, and agreeing anew on all of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.life.book import Book
from app.loanmath.life.events import Deferred, Event, Rescheduled
from app.loanmath.life.line import NO_GRANTS, Line, payable_day
from app.loanmath.life.moves import set_rate
from app.loanmath.life.replan import Replan, replan, set_fee
from app.loanmath.money import round_fen, split_fen
from app.loanmath.schedule.choices import FirstInstallment, Method, Moratorium, Unit
from app.loanmath.schedule.dates import Period, nominal_day, periods
from app.loanmath.schedule.fees import FixedFees, balance_fee
from app.loanmath.schedule.plan import targets_of
from app.loanmath.schedule.terms import RATE_MAX, Terms, is_rate
from app.loanmath.waterfall import DueKind

DEFERRED_PERIODS_MAX = 60


def defer(book: Book, event: Deferred) -> None:
    """Put rows that leave something out before the lines to come, which move later by as many."""
    if not 1 <= event.periods <= DEFERRED_PERIODS_MAX:
        raise EventRefused(event.id, "periods", "out_of_range")
    if event.moratorium is Moratorium.NONE:
        raise EventRefused(event.id, "moratorium", "defers_nothing")
    book.advance(event.effective_on)
    if book.running is None or book.balance_fen == 0:
        return
    book.deferred_periods += event.periods
    book.is_restructured = True
    spans = periods(book.terms, more=book.deferred_periods)
    if book.terms.method is Method.BULLET:
        _turn_coupons_plain(book, event)
        _move_maturity(book, book.running, spans[-1])
    else:
        book.freeze(event.effective_on)
        held = len(book.lines)
        known = held - book.first_place
        new = book.new_lines(spans[known : known + event.periods], first_number=held + 1)
        book.lines.extend(new)
        _shift(book, event)
        set_fee(book, book.running)
    replan(book, Replan.KEEP_DATES)


def _move_maturity(book: Book, line: Line, span: Period) -> None:
    line.due_on, line.fraction, line.simple = span.due_on, span.fraction, span.simple
    line.payable_on = payable_day(book.terms, span.due_on, book.working)
    line.late_mark = span.due_on


def _shift(book: Book, event: Deferred) -> None:
    """Move what each line to come asks so many lines on; the first ones now leave it out."""
    lines = book.to_come
    asked = [(line.skip, line.target_fen, line.fees) for line in lines]
    put_off = [(event.moratorium, 0, FixedFees())] * event.periods
    for line, ask in zip(lines, put_off + asked, strict=False):
        line.skip, line.target_fen, line.fees = ask


def reschedule(book: Book, event: Rescheduled) -> None:
    """Put new installments in the place of those to come, over all that is left."""
    rate = event.annual_rate
    if rate is not None and not is_rate(rate, most=RATE_MAX):
        raise EventRefused(event.id, "annual_rate", "out_of_range")
    terms = _terms_anew(book, event)
    agreed_rate = book.annual_rate if rate is None else min(rate, book.annual_rate)
    set_rate(book, event, agreed_rate)
    book.rate_given_up = book.rate_given_up if rate is None else min(rate, book.rate_given_up)
    arrears = list(book.open_lines) if event.includes_arrears else []
    if book.balance_fen == 0 and not arrears:
        return
    _turn_coupons_plain(book, event)
    brought = _Brought()
    brought.take_lines_to_come(book, event)
    brought.take_arrears(arrears)
    book.terms = terms
    book.first_place, book.deferred_periods = len(book.lines), 0
    book.is_restructured = True
    spans = periods(terms)
    book.lines.extend(book.new_lines(spans, first_number=len(book.lines) + 1))
    book.balance_fen += brought.principal_fen
    book.pending += brought.interest_fen
    if terms.method is Method.FLAT:
        book.flat_base = Fraction(book.balance_fen)
    brought.hand_to(book)
    for line, target in zip(book.to_come, targets_of(terms, book.balance_fen, spans), strict=True):
        line.target_fen = target
    replan(book, Replan.KEEP_DATES)
    if event.installment_fen is not None:
        book.level_fen = event.installment_fen
        replan(book, Replan.KEEP_INSTALLMENT)


def _turn_coupons_plain(book: Book, event: Event) -> None:
    """Let what others pay of the running period's interest so far go with that interest."""
    line = book.running
    if line is not None and book.reductions.parts:
        accrued = book.accrued_exact(event.effective_on)
        accrued_fen = round_fen(accrued, book.terms.interest_rounding)
        book.coupon_fen += book.reductions.turn_plain(line, accrued_fen)


def _terms_anew(book: Book, event: Rescheduled) -> Terms:
    """
    Return the terms as agreed anew; they begin on the day they are agreed on.

    Raises:
        EventRefused: They make no plan.
    """
    old = book.terms
    has_own_dates = bool(event.due_dates) or event.first_due_on is not None
    is_by_month = old.unit is Unit.MONTH and not has_own_dates
    weights = event.season_weights or ((1,) * event.count if old.season_weights else ())
    try:
        return replace(
            old,
            disbursed_on=event.effective_on,
            count=event.count,
            due_day=event.due_day or (nominal_day(old) if is_by_month else None),
            every=event.every or old.every,
            first_due_on=event.first_due_on,
            due_dates=event.due_dates,
            first_installment=FirstInstallment.RESOLVED,
            season_weights=weights,
            installment_fen=event.installment_fen,
            moratorium=Moratorium.NONE,
            moratorium_periods=0,
            down_payment_fen=0,
            drawdowns=(),
        )
    except TermsRefused as refused:
        raise EventRefused(event.id, refused.field, refused.reason) from refused


@dataclass(slots=True)
class _Brought:
    """What lines taken away, or in arrears, leave for the new ones to ask."""

    principal_fen: int = 0
    interest_fen: int = 0
    fee_fen: int = 0
    cost_fen: int = 0
    penalty_fen: int = 0
    each_fee_fen: int = 0
    sure_fee_fen: int = 0
    owed_fee_fen: int = 0

    def take_lines_to_come(self, book: Book, event: Event) -> None:
        """
        Take the lines to come away; what was repaid early in the running period stays, as a line.

        Money paid ahead of plan is held again.
        """
        lines = list(book.to_come)
        if not lines:
            return
        running = lines[0]
        elapsed = running.elapsed(book.terms, event.effective_on)
        self.fee_fen += balance_fee(book.terms, running.opening_fen, elapsed)
        accrued_fen = round_fen(book.pending, book.terms.interest_rounding)
        _hold_paid_ahead(book, running, _earned(running, max(accrued_fen, 0)))
        for line in lines[1:]:
            _hold_paid_ahead(book, line, {})
            _move_early(book, line, running)
        for line in lines:
            self.fee_fen += line.charged_fee_fen - line.paid_fee_fen
            self.cost_fen += line.hand_over(DueKind.COST)
            self.penalty_fen += line.hand_over(DueKind.PENALTY)
            self.sure_fee_fen += line.fees.sure_fen
            self.owed_fee_fen += line.fees.owed_fen
            self.each_fee_fen = line.fees.each_fen
        del book.lines[book.cursor :]
        if running.paid_fen or running.paid_penalty_fen:
            _end_on(book, running, event)

    def take_arrears(self, lines: Iterable[Line]) -> None:
        """Leave of lines in arrears only what is paid of them."""
        for line in lines:
            self.principal_fen += line.hand_over(DueKind.PRINCIPAL)
            self.interest_fen += line.hand_over(DueKind.INTEREST)
            self.fee_fen += line.hand_over(DueKind.FEE)
            self.cost_fen += line.hand_over(DueKind.COST)
            self.penalty_fen += line.hand_over(DueKind.PENALTY)

    def hand_to(self, book: Book) -> None:
        """Let the lines to come ask it; fees not tied to one installment are shared over all."""
        lines = book.to_come
        first = lines[0]
        first.cost_fen, first.penalty_brought_fen = self.cost_fen, self.penalty_fen
        first.charged_fee_fen, first.opening_fen = self.fee_fen, book.balance_fen
        sure = split_fen(self.sure_fee_fen, (1,) * len(lines))
        owed = split_fen(self.owed_fee_fen, (1,) * len(lines))
        for line, sure_fen, owed_fen in zip(lines, sure, owed, strict=True):
            line.fees = FixedFees(self.each_fee_fen, sure_fen, owed_fen)
        set_fee(book, first)


def _earned(line: Line, accrued_fen: int) -> Mapping[DueKind, int]:
    """Return what has come about of the running line, kind by kind."""
    return {
        DueKind.INTEREST: accrued_fen,
        DueKind.PRINCIPAL: line.extra_fen,
        DueKind.FEE: line.charged_fee_fen,
        DueKind.COST: line.cost_fen,
        DueKind.PENALTY: line.penalty_fen,
    }


def _hold_paid_ahead(book: Book, line: Line, earned: Mapping[DueKind, int]) -> None:
    """Hold again what was paid of a line to come beyond what has come about of it."""
    for kind in DueKind:
        ahead_fen = line.paid_of(kind) - earned.get(kind, 0)
        if ahead_fen > 0:
            book.give_back(line, kind, ahead_fen)


def _move_early(book: Book, line: Line, running: Line) -> None:
    """Let the running line keep what an earlier end of the loan repaid in one that goes."""
    if line.extra_fen:
        running.principal_fen += line.extra_fen
        running.extra_fen += line.extra_fen
        book.take(running, DueKind.PRINCIPAL, line.extra_fen)


def _end_on(book: Book, line: Line, event: Event) -> None:
    """Keep the running line, due that day, for what was repaid early in its period."""
    line.due_on = line.late_mark = event.effective_on
    line.payable_on = payable_day(book.terms, line.due_on, book.working)
    line.skip = Moratorium.NONE
    line.principal_fen = line.extra_fen = line.paid_principal_fen
    line.interest_fen = line.paid_interest_fen
    line.take_off(NO_GRANTS, 0)
    line.fee_fen = line.paid_fee_fen
    book.pending -= line.paid_interest_fen
    book.lines.append(line)
    book.cursor += 1
