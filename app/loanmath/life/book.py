"""A loan's figures while its life is being followed: lines, the running period, money held."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.loanmath.calendar import WorkingDays
from app.loanmath.interest import compounded, nominal_rate
from app.loanmath.life.events import Event
from app.loanmath.life.line import LateRates, Line, payable_day, published_day
from app.loanmath.life.reductions import Reductions
from app.loanmath.life.state import Allocation
from app.loanmath.life.sums import Held, Owed, Weights
from app.loanmath.money import round_fen
from app.loanmath.schedule.choices import EarlyInterest, InterestStep, Method, Moratorium
from app.loanmath.schedule.dates import Period
from app.loanmath.schedule.fees import balance_fee, early_fee, row_fees
from app.loanmath.schedule.layout import Laid, Stretch
from app.loanmath.schedule.plan import agreed, skips_of
from app.loanmath.schedule.terms import Terms
from app.loanmath.waterfall import DueKind, Timing, allocate


class Book:
    """
    Follows one loan from day to day.

    Lines before `cursor` have fallen due and ask a fixed sum; the line at `cursor` is the running
    period; `balance_fen` is the principal of the lines from there on. Interest of the running
    period up to `mark` is in `pending`; after it, it accrues on the balance at the rate in force.
    The terms' own periods begin with the line at `first_place`: older ones are of terms before a
    rescheduling. What is left of plain coupons is in `coupon_fen`, all of them in `reductions`.
    """

    def __init__(self, terms: Terms, working: WorkingDays | None) -> None:
        self.terms = terms
        self.working = working
        self.lines: list[Line] = []
        self.open_lines: list[Line] = []
        self.cursor = 0
        self.set_rate(terms.annual_rate)
        self.balance_fen = 0
        self.flat_base: Fraction | None = None
        self.level_fen: int | Fraction | None = None
        self.pending = Fraction(0)
        self.mark = terms.disbursed_on
        self.held: list[Held] = []
        self.came: dict[str, int] = {}
        self.allocations: list[Allocation] = []
        self.standing: dict[tuple[str, int, DueKind], int] = {}
        self.disbursed_fen = 0
        self.coupon_fen = 0
        self.reductions = Reductions()
        self.early_fee_fen = 0
        self.first_place = 0
        self.deferred_periods = 0
        self.is_restructured = False
        self.written_off_on: date | None = None
        self.kept_weights: Weights | None = None
        self._accrued_for: tuple[object, ...] = ()
        self._accrued = Fraction(0)
        self.rate_given_up = terms.annual_rate

    def set_rate(self, annual_rate: Decimal) -> None:
        """Take a contract rate as the one in force."""
        self.annual_rate = annual_rate
        self.rate = nominal_rate(annual_rate, self.terms.day_count)
        for line in self.to_come:
            line.fraction = compounded(self.terms.day_count, line.simple, self.rate)
        self.late_rates = LateRates.of(self.terms, annual_rate)

    def open(self, amount_fen: int) -> None:
        """Write the plan of a sum lent on the day of disbursement."""
        terms = self.terms
        spans, outline = agreed(terms, amount_fen)
        fixed = row_fees(terms, amount_fen, len(spans))
        skips = skips_of(terms)
        skips = [Moratorium.NONE] * (len(spans) - len(skips)) + skips
        self.lines = self.new_lines(spans, first_number=1)
        self.balance_fen = self.disbursed_fen = balance = amount_fen
        if terms.method is Method.FLAT:
            self.flat_base = Fraction(amount_fen - terms.down_payment_fen)
        self.level_fen = outline.level_fen
        targets = outline.targets or (0,) * len(spans)
        rows = zip(self.lines, outline.laid, fixed, skips, targets, strict=True)
        for line, laid, fee, skip, target in rows:
            line.skip, line.target_fen, line.opening_fen = skip, target, balance
            line.principal_fen, line.interest_fen = laid
            line.fees = fee
            line.fee_fen = fee.at_balance(balance) + balance_fee(terms, balance, line.fraction)
            balance -= laid.principal_fen

    def new_lines(self, spans: Iterable[Period], *, first_number: int) -> list[Line]:
        """Write empty lines for periods."""
        return [
            self.new_line(number, span, payable_day(self.terms, span.due_on, self.working))
            for number, span in enumerate(spans, first_number)
        ]

    def new_line(self, number: int, span: Period, payable_on: date | None) -> Line:
        """Write one empty line."""
        return Line(number, span, payable_on)

    # The three below are for books that remember how their figures came about (see
    # `app.loanmath.explain`); this one only counts.

    def begin(self, event: Event) -> None:
        """Hear which event is the reason for what changes next."""

    def laid_out(
        self,
        stretch: Stretch,
        targets: Sequence[int | Fraction] | None,
        laid: Sequence[Laid],
        *,
        anew: bool,
    ) -> None:
        """Hear how the lines to come are to be laid out: to these targets, or to the level."""

    def closes(self) -> None:
        """Hear that the plan is about to end on the running line."""

    @property
    def running(self) -> Line | None:
        """The line whose period is running, if any is left."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    @property
    def to_come(self) -> Sequence[Line]:
        """The lines not yet due."""
        return self.lines[self.cursor :]

    @property
    def held_fen(self) -> int:
        """Money held for the borrower."""
        return sum(held.left_fen for held in self.held)

    @property
    def principal_left_fen(self) -> int:
        """Principal not yet repaid, due or not."""
        return sum(line.left_of(DueKind.PRINCIPAL) for line in self.lines)

    def advance(self, day: date) -> None:
        """Let everything fall due that does by this day; money held pays it at once."""
        line = self.running
        while line is not None and line.bill_on <= day:
            if line.payable_on is None:
                # The year missing is that of the due date, or of a working day beyond it.
                line.payable_on = published_day(self.terms, line.due_on, self.working)
            self._fall_due(line)
            self.pay_from_held(line.bill_on)
            line = self.running

    def pay_from_held(self, day: date) -> None:
        """Let money held pay what is due."""
        if self.held:
            self.pay_dues(day)
            self.drop_spent()

    def _fall_due(self, line: Line) -> None:
        exact = self.accrued_exact(line.due_on)
        if line.skip is Moratorium.PRINCIPAL_AND_INTEREST:
            self.pending = exact - line.paid_interest_fen
        elif self.terms.interest_step is InterestStep.CARRIED:
            self.pending = exact - line.interest_fen
        else:
            self.pending = Fraction(0)
        self.mark = line.due_on
        self.coupon_fen -= line.coupon_fen - line.granted_fen
        self.balance_fen += line.capitalize()
        self.balance_fen -= max(line.principal_fen - line.extra_fen, 0)
        self.cursor += 1
        self.open_lines.append(line)

    def accrued_exact(self, day: date) -> Fraction:
        """Return the running period's interest up to a day, before rounding."""
        line = self.running
        if line is None:
            return Fraction(0)
        asked = (line, day, self.mark, self.balance_fen, self.rate, self.flat_base, self.pending)
        if self._accrued_for != asked:
            self._accrued_for, self._accrued = asked, self._accrue(line, day)
        return self._accrued

    def _accrue(self, line: Line, day: date) -> Fraction:
        part = line.elapsed_since(self.terms, self.mark, day)
        if part <= 0:
            return self.pending
        base = self.balance_fen if self.flat_base is None else self.flat_base
        rate = self.rate
        interest = Fraction(
            base.numerator * rate.numerator * part.numerator,
            base.denominator * rate.denominator * part.denominator,
        )
        if self.terms.interest_step is InterestStep.PER_SEGMENT:
            return self.pending + round_fen(interest, self.terms.interest_rounding)
        return self.pending + interest

    def accrued_fen(self, day: date) -> int:
        """Return the running period's interest up to a day, less coupons."""
        # Rounding carried over may leave less than nothing accrued.
        accrued = round_fen(self.accrued_exact(day), self.terms.interest_rounding)
        return max(accrued - self.coupons_against(accrued), 0)

    def coupons_against(self, accrued_fen: int) -> int:
        """Return what all coupons hold against interest of the running period so far."""
        return self.coupon_fen + sum(self.reductions.of(self.running, accrued_fen).values())

    def accrued_unpaid(self, day: date) -> int:
        """Return the running period's interest up to a day, as far as it is not paid."""
        line = self.running
        return 0 if line is None else max(self.accrued_fen(day) - line.paid_interest_fen, 0)

    def spread_coupons(self) -> None:
        """Let what is left of coupons stand against the interest of the lines to come."""
        if self.coupon_fen or self.reductions.parts:
            self.reductions.spread(self.to_come, self.coupon_fen)

    def settled_until(self, day: date) -> date:
        """Return the day up to which an early settlement on this day pays interest."""
        line = self.running
        is_whole = self.terms.early_interest is EarlyInterest.WHOLE_PERIOD
        return line.due_on if line is not None and is_whole and day > line.start else day

    def freeze(self, day: date) -> None:
        """Put what has accrued aside, because balance or rate are about to change."""
        self.pending = self.accrued_exact(day)
        self.mark = max(self.mark, day)

    def settle(self, day: date) -> None:
        """Put what has accrued aside, because an early repayment settles it."""
        self.freeze(day)
        if self.terms.interest_step is InterestStep.AT_SETTLEMENT:
            self.pending = Fraction(round_fen(self.pending, self.terms.interest_rounding))

    def run_late(self, day: date) -> None:
        """Let the lateness of every open line run to a day."""
        stop = day if self.written_off_on is None else min(day, self.written_off_on)
        self.open_lines = [line for line in self.open_lines if line.left_fen > 0]
        for line in self.open_lines:
            line.run_late(self.terms, stop, self.late_rates)

    def hold(self, event_id: str, amount_fen: int) -> Held:
        """Hold the money of a repayment that has just come in."""
        self.came[event_id] = len(self.came)
        money = Held(event_id, amount_fen)
        self.held.append(money)
        return money

    def pay_dues(self, day: date) -> None:
        """Pay what is due by the waterfall, the money held longest first."""
        self.run_late(day)
        dues = [
            due
            for line in self.open_lines
            for due in line.dues(Timing.PAST_DUE if line.last_day < day else Timing.DUE)
        ]
        split = allocate(self.held_fen, dues, self.terms.waterfall)
        for part in split.parts:
            self.take(self.lines[part.number - 1], part.kind, part.amount_fen)

    def pay_ahead(self, lines: Iterable[Line], amount_fen: int, *, newest: bool = True) -> None:
        """Pay lines not yet due with so much of the money held, what came last or first of all."""
        dues = [due for line in lines for due in line.dues(Timing.IN_ADVANCE)]
        for part in allocate(amount_fen, dues, self.terms.waterfall).parts:
            self.take(self.lines[part.number - 1], part.kind, part.amount_fen, newest=newest)

    def take(self, line: Line, kind: DueKind, amount_fen: int, *, newest: bool = False) -> None:
        """Move money held to a line and record where it went."""
        assert amount_fen >= 0, "money only goes towards a due"
        line.pay(kind, amount_fen)
        for held in reversed(self.held) if newest else self.held:
            taken_fen = min(held.left_fen, amount_fen)
            if taken_fen:
                held.left_fen -= taken_fen
                amount_fen -= taken_fen
                self._record(held.event_id, line, kind, taken_fen)
        assert amount_fen == 0, "no more is taken than is held"

    def give_back(self, line: Line, kind: DueKind, amount_fen: int) -> None:
        """
        Take money paid ahead out of a line again.

        It is held as before, for the repayment it came with and in that one's place.
        """
        line.pay(kind, -amount_fen)
        for paid in reversed(self.allocations):
            if amount_fen == 0:
                break
            if (paid.installment_number, paid.kind) != (line.number, kind):
                continue
            standing_fen = self.standing[paid.event_id, line.number, kind]
            given_fen = min(standing_fen, amount_fen)
            if given_fen > 0:
                amount_fen -= given_fen
                self._hold_again(paid.event_id, given_fen)
                self._record(paid.event_id, line, kind, -given_fen)
        assert amount_fen == 0, "no more is given back than was paid"

    def _hold_again(self, event_id: str, amount_fen: int) -> None:
        for held in self.held:
            if held.event_id == event_id:
                held.left_fen += amount_fen
                return
        self.held.append(Held(event_id, amount_fen))
        self.held.sort(key=lambda held: self.came[held.event_id])

    def _record(self, event_id: str, line: Line, kind: DueKind, amount_fen: int) -> None:
        """Record where a part of a repayment went, and what of it stands there now."""
        self.allocations.append(Allocation(event_id, line.number, kind, amount_fen))
        place = (event_id, line.number, kind)
        self.standing[place] = self.standing.get(place, 0) + amount_fen

    def drop_spent(self) -> None:
        """Forget repayments of which nothing is left."""
        self.held = [held for held in self.held if held.left_fen]

    @property
    def prepayable_fen(self) -> int:
        """The principal of the lines to come that is not paid ahead."""
        return self.balance_fen - sum(line.ahead_fen for line in self.to_come)

    def owed_to_come(self, day: date) -> Owed:
        """
        Return what closes the loan beyond the dues.

        While there is principal to repay early, only what has accrued of interest and fees and what
        is owed in any case; once there is none, what the lines to come still ask.
        """
        lines = self.to_come
        principal_fen = self.prepayable_fen
        if principal_fen:
            until = self.settled_until(day)
            interest_fen = self.accrued_unpaid(until)
            has_fees = bool(self.terms.fees)
            fee_fen = sum(
                max(self._fee_to_close(line, until), 0)
                for line in lines
                if has_fees or line.charged_fee_fen or line.fees.owed_fen
            )
            fee_fen += self.early_fee_of(principal_fen, closes=True)
            unearned_fen = sum(amount_fen for _, _, amount_fen in self.unearned(day))
        else:
            interest_fen = sum(line.total_interest_fen - line.paid_interest_fen for line in lines)
            fee_fen = sum(line.fee_fen - line.paid_fee_fen for line in lines)
            unearned_fen = 0
        return Owed(
            principal_fen=principal_fen,
            interest_fen=interest_fen,
            fee_fen=fee_fen,
            cost_fen=sum(line.cost_fen - line.paid_cost_fen for line in lines),
            penalty_fen=sum(line.penalty_fen - line.paid_penalty_fen for line in lines),
            held_fen=self.held_fen,
            unearned_fen=unearned_fen,
        )

    def unearned(self, day: date) -> list[tuple[Line, DueKind, int]]:
        """List what lines to come were paid ahead beyond what ending on this day asks of them."""
        until = self.settled_until(day)
        running = self.running
        found: list[tuple[Line, DueKind, int]] = []
        for line in self.to_come:
            if not (line.paid_interest_fen or line.paid_fee_fen):
                continue
            asked = self.accrued_fen(until) if line is running else 0
            found.append((line, DueKind.INTEREST, line.paid_interest_fen - asked))
            found.append((line, DueKind.FEE, -self._fee_to_close(line, until)))
        return [one for one in found if one[2] > 0]

    def _fee_to_close(self, line: Line, until: date) -> int:
        """Return the fee of a line to come that ending early asks beyond what was paid of it."""
        fee = line.fees.owed_fen + line.charged_fee_fen
        if self.terms.fees and line is self.running:
            fee += balance_fee(self.terms, line.opening_fen, line.elapsed(self.terms, until))
        return fee - line.paid_fee_fen

    def early_fee_of(self, principal_fen: int, *, closes: bool) -> int:
        """Return what repaying so much principal early costs while the running period runs."""
        if self.written_off_on is not None:
            return 0
        down_payments = int(self.terms.down_payment_fen > 0)
        number = self.cursor - self.first_place - down_payments + 1
        return early_fee(self.terms, principal_fen, number=number, closes=closes)

    def owed_to_close(self, day: date) -> Owed:
        """Return everything that closes the loan on a day to which the book has advanced."""
        self.run_late(day)
        left = {kind: sum(line.left_of(kind) for line in self.open_lines) for kind in DueKind}
        to_come = self.owed_to_come(day)
        return Owed(
            principal_fen=left[DueKind.PRINCIPAL] + to_come.principal_fen,
            interest_fen=left[DueKind.INTEREST] + to_come.interest_fen,
            fee_fen=left[DueKind.FEE] + to_come.fee_fen,
            cost_fen=left[DueKind.COST] + to_come.cost_fen,
            penalty_fen=left[DueKind.PENALTY] + to_come.penalty_fen,
            held_fen=self.held_fen,
            unearned_fen=to_come.unearned_fen,
        )
