"""From terms to the installment plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import lcm

from app.loanmath.errors import TermsRefused
from app.loanmath.interest import nominal_rate
from app.loanmath.money import round_fen, split_fen
from app.loanmath.schedule.choices import (
    FirstInstallment,
    InterestStep,
    Method,
    Moratorium,
    Residual,
)
from app.loanmath.schedule.dates import Period, periods
from app.loanmath.schedule.fees import fees_of
from app.loanmath.schedule.layout import (
    Laid,
    Stretch,
    lay_out_level,
    lay_out_targets,
    level_installment,
)
from app.loanmath.schedule.terms import Terms

AGREED_KEPT = 64
"""One repayment follows its loan several times, from the same beginning."""


@dataclass(frozen=True, slots=True)
class Installment:
    """One line of the plan as agreed: what falls due when, and of what it is made."""

    number: int
    due_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int = 0

    @property
    def total_fen(self) -> int:
        """What the borrower pays that day."""
        return self.principal_fen + self.interest_fen + self.fee_fen


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan's figures before they are rows: the level or the targets, and what each row asks."""

    laid: Sequence[Laid]
    level_fen: int | Fraction | None
    targets: tuple[int | Fraction, ...]


def amortize(terms: Terms) -> tuple[Installment, ...]:
    """
    Return the installment plan of the terms, exact to the fen, all lent on the day of disbursement.

    The principal of its rows sums to the principal lent. What later drawdowns do to a plan is a
    matter of the loan's life: see `app.loanmath.agreed`.

    Raises:
        TermsRefused: The installment would not even pay the interest.
    """
    spans = periods(terms)
    outline = outline_of(terms, terms.principal_fen, spans)
    fees = fees_of(terms, terms.principal_fen, spans, outline.laid)
    plan = tuple(
        Installment(number, span.due_on, row.principal_fen, row.interest_fen, fee)
        for number, (span, row, fee) in enumerate(zip(spans, outline.laid, fees, strict=True), 1)
    )
    assert sum(row.principal_fen for row in plan) == terms.principal_fen
    return plan


@lru_cache(maxsize=AGREED_KEPT)
def agreed(terms: Terms, principal_fen: int) -> tuple[Sequence[Period], Outline]:
    """
    Return the periods of the terms, and a sum lent over them as agreed: the same for ever.

    Raises:
        TermsRefused: The installment would not even pay the interest.
    """
    spans = periods(terms)
    return tuple(spans), outline_of(terms, principal_fen, spans)


def outline_of(terms: Terms, principal_fen: int, spans: Sequence[Period]) -> Outline:
    """
    Lay out a sum newly lent over the periods of its terms.

    Raises:
        TermsRefused: The installment would not even pay the interest.
    """
    if terms.down_payment_fen:
        down_fen = terms.down_payment_fen
        rest = _outline(terms, principal_fen - down_fen, spans[1:])
        targets = (0, *rest.targets) if rest.targets else ()
        return Outline([Laid(down_fen, 0), *rest.laid], rest.level_fen, targets)
    return _outline(terms, principal_fen, spans)


def _outline(terms: Terms, principal_fen: int, spans: Sequence[Period]) -> Outline:
    stretch = stretch_of(terms, principal_fen, spans)
    if terms.method is not Method.EQUAL_INSTALLMENT:
        targets = targets_of(terms, principal_fen, spans)
        return Outline(lay_out_targets(stretch, targets), None, targets)
    level = terms.installment_fen
    if level is None:
        level = _regular_level(stretch, spans)
    laid = lay_out_level(stretch, level)
    _require_interest_covered(terms, laid, level)
    return Outline(laid, level, ())


def stretch_of(terms: Terms, principal_fen: int, spans: Sequence[Period]) -> Stretch:
    """Describe a sum newly lent for laying out."""
    rate = nominal_rate(terms.annual_rate, terms.day_count)
    weights, scale = weights_of(spans, rate)
    keeps_regular = terms.first_installment is FirstInstallment.ODD_DAYS_ADDED
    return Stretch(
        terms=terms,
        balance_fen=principal_fen,
        weights=weights,
        scale=scale,
        first=rate * spans[0].fraction,
        flat_base=Fraction(principal_fen) if terms.method is Method.FLAT else None,
        skips=skips_of(terms),
        first_regular=rate * spans[0].regular if keeps_regular else None,
    )


def weights_of(spans: Sequence[Period], rate: Fraction) -> tuple[list[int], int]:
    """Return each period's interest weight as whole numbers over one common scale."""
    scale = lcm(*(span.fraction.denominator for span in spans))
    weights = [
        span.fraction.numerator * (scale // span.fraction.denominator) * rate.numerator
        for span in spans
    ]
    return weights, scale * rate.denominator


def skips_of(terms: Terms) -> list[Moratorium]:
    """Return what each row after a down payment leaves out, or nothing when no row does."""
    if terms.moratorium is Moratorium.NONE:
        return []
    paying = terms.count - terms.moratorium_periods
    return [terms.moratorium] * terms.moratorium_periods + [Moratorium.NONE] * paying


def targets_of(
    terms: Terms, balance_fen: int, spans: Sequence[Period]
) -> tuple[int | Fraction, ...]:
    """Return the principal each row is to repay under a method without a level total."""
    is_exact = terms.interest_step is InterestStep.UNROUNDED
    match terms.method:
        case Method.EQUAL_PRINCIPAL | Method.FLAT:
            skips = skips_of(terms) or [Moratorium.NONE] * len(spans)
            if is_exact:
                return exact_targets(balance_fen, [skip is Moratorium.NONE for skip in skips])
            return equal_targets(terms, balance_fen, skips)
        case Method.SEASONAL:
            share = exact_targets if is_exact else proportional_targets
            return share(balance_fen, _season(terms, spans))
        case Method.INTEREST_ONLY | Method.BULLET | Method.REVOLVING | Method.EQUAL_INSTALLMENT:
            return (0,) * (len(spans) - 1) + (balance_fen,)


def equal_targets(terms: Terms, balance_fen: int, skips: Sequence[Moratorium]) -> tuple[int, ...]:
    """
    Share principal equally over the rows that pay it; the last takes what rounding leaves.

    Each part is rounded as level installments are; to less, where that would repay too much.
    """
    pays = [skip is Moratorium.NONE for skip in skips]
    before_last = sum(pays) - 1
    unit = terms.installment_unit_fen
    exact = Fraction(balance_fen, (before_last + 1) * unit)
    share = unit * round_fen(exact, terms.installment_rounding)
    if before_last:
        share = min(share, balance_fen // before_last)
    targets = [share if is_paying else 0 for is_paying in pays]
    targets[-1] = balance_fen - share * before_last
    return tuple(targets)


def proportional_targets(balance_fen: int, weights: Sequence[int | Fraction]) -> tuple[int, ...]:
    """Share principal by weights; with no weight left, the last row takes it."""
    if not any(weights):
        return (0,) * (len(weights) - 1) + (balance_fen,)
    return split_fen(balance_fen, weights)


def exact_targets(balance_fen: int, weights: Sequence[int | Fraction]) -> tuple[Fraction, ...]:
    """Share principal by weights without rounding any of it; see `InterestStep.UNROUNDED`."""
    if not any(weights):
        return (Fraction(0),) * (len(weights) - 1) + (Fraction(balance_fen),)
    whole = sum(weights)
    return tuple(Fraction(balance_fen) * weight / whole for weight in weights)


def _season(terms: Terms, spans: Sequence[Period]) -> Sequence[int]:
    if terms.season_weights:
        return terms.season_weights
    return [terms.month_weights[span.due_on.month - 1] for span in spans]


def _regular_level(stretch: Stretch, spans: Sequence[Period]) -> int | Fraction:
    """Solve the level installment, over regular periods where the terms keep it regular."""
    terms = stretch.terms
    match terms.first_installment:
        case FirstInstallment.ODD_DAYS_ADDED | FirstInstallment.KEPT:
            regular = [spans[0]._replace(fraction=spans[0].regular), *spans[1:]]
            return level_installment(stretch_of(terms, stretch.balance_fen, regular))
        case FirstInstallment.RESOLVED | FirstInstallment.WHOLE_PERIOD:
            return level_installment(stretch)


def _require_interest_covered(terms: Terms, laid: Sequence[Laid], level: int | Fraction) -> None:
    """Refuse a level installment below a row's interest by more than its own rounding."""
    if terms.negative_amortization:
        return
    slack = 0 if terms.installment_fen is not None else terms.installment_unit_fen
    is_added = terms.first_installment is FirstInstallment.ODD_DAYS_ADDED
    smoothing = terms.installment_unit_fen if terms.residual is Residual.SMOOTHED else 0
    for place, row in enumerate(laid[:-1]):
        if place < terms.moratorium_periods or (place == 0 and is_added):
            continue
        if row.interest_fen > level + slack + smoothing:
            field = "installment_fen" if terms.installment_fen is not None else "first_due_on"
            raise TermsRefused(field, "installment_below_interest")
