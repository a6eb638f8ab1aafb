"""A book that remembers how its lines were laid out, first and each time anew."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from app.loanmath.calendar import WorkingDays
from app.loanmath.explain.figures import Cause, Rule
from app.loanmath.explain.layouts import (
    Layout,
    LevelSource,
    Piece,
    Rates,
    ShareSource,
    Span,
    equal_shares,
    weighted_shares,
)
from app.loanmath.explain.lines import TracedLine
from app.loanmath.explain.values import Move, exact
from app.loanmath.life.book import Book
from app.loanmath.life.events import Event
from app.loanmath.life.line import Line
from app.loanmath.schedule.choices import FirstInstallment, Method, Moratorium
from app.loanmath.schedule.dates import Period, periods
from app.loanmath.schedule.fees import FixedFees
from app.loanmath.schedule.layout import Laid, Stretch, level_installment, level_rows, target_rows
from app.loanmath.schedule.plan import outline_of, skips_of, stretch_of
from app.loanmath.schedule.terms import Terms


class LayingBook(Book):
    """
    Remembers each layout while it is written into the lines, and where its figures come from.

    `layout` is the one being written, None at all other times; `is_closing` says that the plan is
    being ended instead. `pieces` is what `pending` is made of. `level` and `shares`, by number, are
    where the level installment and each line's principal come from; `fee_rows` the fees each line
    had at first.
    """

    def __init__(self, terms: Terms, working: WorkingDays | None) -> None:
        self.event: Event | None = None
        self.pieces: list[Piece] = []
        self.layout: Layout | None = None
        self.is_closing = False
        self.level: LevelSource | None = None
        self.shares: dict[int, ShareSource] = {}
        self.fee_rows: list[FixedFees] = []
        self.first_terms = terms
        self.first_lent_fen = 0
        super().__init__(terms, working)

    @property
    def rates(self) -> Rates:
        """The rate in force."""
        return Rates(self.annual_rate, self.rate)

    def open(self, amount_fen: int) -> None:
        """Write the plan of a sum lent, and remember how it was laid out."""
        terms = self.terms
        spans = periods(terms)
        outline = outline_of(terms, amount_fen, spans)
        down_fen = terms.down_payment_fen
        rest = spans[1:] if down_fen else spans
        stretch = stretch_of(terms, amount_fen - down_fen, rest)
        targets = outline.targets[-len(rest) :] if outline.targets else None
        rows = (
            level_rows(stretch, outline.level_fen or 0)
            if targets is None
            else target_rows(stretch, targets)
        )
        numbered = enumerate(rest, 2 if down_fen else 1)
        self.layout = Layout(
            on=terms.disbursed_on,
            stretch=stretch,
            spans=tuple(Span(n, span.start, span.due_on, span.fraction) for n, span in numbered),
            rates=self.rates,
            pieces=(),
            rows=rows,
            laid=outline.laid[-len(rest) :],
            level=self._first_level(stretch, rest, outline.level_fen),
            shares=() if targets is None else self._first_shares(stretch, rest, targets),
            first_number=2 if down_fen else 1,
        )
        self.level = self.layout.level
        self._keep_shares(self.layout)
        self.first_lent_fen = amount_fen
        super().open(amount_fen)
        self.layout = None
        self.fee_rows = [line.fees for line in self.lines]

    def _first_level(
        self, stretch: Stretch, spans: Sequence[Period], level: int | Fraction | None
    ) -> LevelSource | None:
        terms = self.terms
        if level is None:
            return None
        if terms.installment_fen is not None:
            return LevelSource(level=level, on=terms.disbursed_on)
        keeps_regular = terms.first_installment in {
            FirstInstallment.ODD_DAYS_ADDED,
            FirstInstallment.KEPT,
        }
        if keeps_regular:
            spans = [spans[0]._replace(fraction=spans[0].regular), *spans[1:]]
            stretch = stretch_of(terms, stretch.balance_fen, spans)
        numbered = enumerate(spans, 2 if terms.down_payment_fen else 1)
        return LevelSource(
            level=level,
            on=terms.disbursed_on,
            stretch=stretch,
            spans=tuple(Span(n, span.start, span.due_on, span.fraction) for n, span in numbered),
            rates=self.rates,
        )

    def _first_shares(
        self, stretch: Stretch, spans: Sequence[Period], targets: Sequence[int | Fraction]
    ) -> tuple[ShareSource, ...]:
        terms = self.terms
        if terms.method in {Method.EQUAL_PRINCIPAL, Method.FLAT}:
            skips = skips_of(terms) or [Moratorium.NONE] * len(spans)
            return equal_shares(terms, stretch.balance_fen, skips, targets)
        weights: Sequence[int] = [0] * (len(spans) - 1) + [1]
        if terms.method is Method.SEASONAL:
            by_month = terms.month_weights
            weights = terms.season_weights or [by_month[span.due_on.month - 1] for span in spans]
        return weighted_shares(stretch.balance_fen, weights, targets)

    def laid_out(
        self,
        stretch: Stretch,
        targets: Sequence[int | Fraction] | None,
        laid: Sequence[Laid],
        *,
        anew: bool,
    ) -> None:
        """Remember how the lines to come are laid out anew."""
        lines = self.to_come
        running = lines[0]
        rest = running.fraction - running.elapsed(self.terms, self.mark)
        spans = [Span(line.number, line.start, line.due_on, line.fraction) for line in lines]
        start = min(max(self.mark, running.start), running.due_on)
        spans[0] = spans[0]._replace(start=start, fraction=rest)
        pieces = list(self.pieces)
        if stretch.pending != self.pending:
            pieces.append(paid_ahead(stretch.pending - self.pending, running))
        level, trim = self.level_fen, len(laid) < len(lines)
        rows = (
            level_rows(stretch, level or 0, trim=trim)
            if targets is None
            else target_rows(stretch, targets, trim=trim)
        )
        day = self.event.effective_on if self.event else self.mark
        if level is not None:
            self._take_level(stretch, spans, tuple(pieces), day, anew=anew)
        self.layout = Layout(
            on=day,
            stretch=stretch,
            spans=tuple(spans),
            rates=self.rates,
            pieces=tuple(pieces),
            rows=rows,
            laid=laid,
            level=self.level if targets is None else None,
            shares=() if targets is None else self._shares_of(stretch, targets, anew=anew),
            first_number=running.number,
        )
        self.is_closing = False
        if targets is not None and level is None:
            self._keep_shares(self.layout)

    def _take_level(
        self,
        stretch: Stretch,
        spans: Sequence[Span],
        pieces: tuple[Piece, ...],
        day: date,
        *,
        anew: bool,
    ) -> None:
        """Say where the level in force comes from: solved now, as before, or handed in."""
        level = self.level_fen
        assert level is not None
        if anew and stretch.balance_fen and level_installment(stretch) == level:
            self.level = LevelSource(
                level=level,
                on=day,
                stretch=stretch,
                spans=tuple(spans),
                rates=self.rates,
                pieces=pieces,
            )
        elif self.level is None or self.level.level != level:
            self.level = LevelSource(level=level, on=day)

    def _shares_of(
        self, stretch: Stretch, targets: Sequence[int | Fraction], *, anew: bool
    ) -> tuple[ShareSource, ...]:
        lines = self.to_come
        if self.level_fen is not None:
            return tuple(
                ShareSource(rule=Rule.SHARE_AS_BEFORE, amount=target) for target in targets
            )
        if not anew:
            return tuple(
                known
                if (known := self.shares.get(line.number)) and known.amount == target
                else ShareSource(rule=Rule.SHARE_AS_BEFORE, amount=target)
                for line, target in zip(lines, targets, strict=True)
            )
        if self.terms.method in {Method.EQUAL_PRINCIPAL, Method.FLAT}:
            return equal_shares(
                self.terms, stretch.balance_fen, [line.skip for line in lines], targets
            )
        weights = [line.weight for line in lines if isinstance(line, TracedLine)]
        return weighted_shares(stretch.balance_fen, weights, targets)

    def _keep_shares(self, layout: Layout) -> None:
        for place, share in enumerate(layout.shares):
            self.shares[layout.first_number + place] = share

    def closes(self) -> None:
        """Remember that the plan ends here, because the loan is being paid off."""
        self.layout, self.is_closing = None, True

    def closing_fee_of(self, line: Line) -> int:
        """Return the fee of a line to come that ending now asks beyond what was paid of it."""
        return max(self._fee_to_close(line, self.mark), 0)

    def spread_coupons(self) -> None:
        """Spread coupons; that is the last a layout does."""
        super().spread_coupons()
        self.layout = None


def paid_ahead(amount: Fraction, line: Line) -> Piece:
    """Describe interest of a line left out that was paid already."""
    move = Move(cause=Cause.PAID_AHEAD, amount=exact(amount), installment_number=line.number)
    return Piece(amount, move)
