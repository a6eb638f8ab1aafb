"""Solving the lines to come anew, after balance, rate or dates have changed."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from math import lcm

from app.loanmath.life.book import Book
from app.loanmath.life.line import NO_GRANTS, Line
from app.loanmath.life.sums import Weights
from app.loanmath.money import round_fen
from app.loanmath.schedule.choices import FirstInstallment, InterestStep, Method, Moratorium
from app.loanmath.schedule.fees import FixedFees, balance_fee
from app.loanmath.schedule.layout import (
    Laid,
    Stretch,
    lay_out_level,
    lay_out_targets,
    level_installment,
)
from app.loanmath.schedule.plan import equal_targets, exact_targets, proportional_targets
from app.loanmath.waterfall import DueKind


class Replan(StrEnum):
    """What stays when the lines to come are solved anew."""

    KEEP_DATES = "KEEP_DATES"
    """The number of lines; what each asks is solved anew."""
    KEEP_DATES_ASK_LESS = "KEEP_DATES_ASK_LESS"
    """The same, but no level installment rises, not even by a fen of rounding."""
    KEEP_INSTALLMENT = "KEEP_INSTALLMENT"
    """What each line asks; the last ones go when nothing is left for them."""
    KEEP_PRINCIPAL = "KEEP_PRINCIPAL"
    """The principal of each line, as far as the balance goes."""


_SOLVED_OVER_REGULAR = frozenset({FirstInstallment.ODD_DAYS_ADDED, FirstInstallment.KEPT})
_SHARES_ANEW = frozenset({Replan.KEEP_DATES, Replan.KEEP_DATES_ASK_LESS})


def replan(book: Book, keep: Replan) -> None:
    """Lay the lines to come out anew over the balance as it is."""
    lines = book.to_come
    if not lines:
        return
    lines[-1].skip = Moratorium.NONE  # the last line leaves nothing out, whatever went before it
    can_trim = book.terms.method is not Method.REVOLVING
    is_empty = book.balance_fen == 0
    stretch = _stretch(book)
    trim = can_trim and (is_empty or keep not in _SHARES_ANEW)
    if book.level_fen is None:
        _set_targets(book, keep)
        targets = [line.target_fen for line in lines]
        laid = lay_out_targets(stretch, targets, trim=trim)
    elif keep is Replan.KEEP_PRINCIPAL:
        targets = [line.principal_fen - line.extra_fen for line in lines]
        laid = lay_out_targets(stretch, targets, trim=trim)
    else:
        if keep in _SHARES_ANEW and not is_empty:
            book.level_fen = _level(book, stretch, keep)
        targets = None
        laid = lay_out_level(stretch, book.level_fen, trim=trim)
    book.laid_out(stretch, targets, laid, anew=keep in _SHARES_ANEW)
    _write(book, laid)


def _level(book: Book, stretch: Stretch, keep: Replan) -> int | Fraction:
    """Return the level from now on: solved anew, unless one was handed in and need not fall."""
    assert book.level_fen is not None
    regular = _regular_first(book)
    if regular is not None:
        stretch = replace(stretch, pending=Fraction(0), first=regular, first_regular=None)
    if keep is Replan.KEEP_DATES_ASK_LESS:
        return min(book.level_fen, level_installment(stretch))
    return book.terms.installment_fen or level_installment(stretch)


def _regular_first(book: Book) -> Fraction | None:
    """Return what a fen would bear in a regular first period, where the level is solved over it."""
    is_first = book.cursor == book.first_place + (book.terms.down_payment_fen > 0)
    if not is_first or book.terms.first_installment not in _SOLVED_OVER_REGULAR:
        return None
    return book.rate * book.to_come[0].regular


def _stretch(book: Book) -> Stretch:
    lines = book.to_come
    running = lines[0]
    weights, scale = _weights(book, lines)
    waits = running.skip is Moratorium.PRINCIPAL_AND_INTEREST
    skips = [line.skip for line in lines]
    ahead = [line.paid_principal_fen - line.extra_fen for line in lines]
    is_added = book.terms.first_installment is FirstInstallment.ODD_DAYS_ADDED
    return Stretch(
        terms=book.terms,
        balance_fen=book.balance_fen,
        weights=weights,
        scale=scale,
        first=book.rate * (running.fraction - running.elapsed(book.terms, book.mark)),
        pending=book.pending - (running.paid_interest_fen if waits else 0),
        flat_base=book.flat_base,
        skips=skips if skips.count(Moratorium.NONE) < len(skips) else (),
        ahead=ahead if any(ahead) else (),
        settled=[line.paid_interest_fen for line in lines]
        if book.terms.negative_amortization
        else (),
        first_regular=_regular_first(book) if is_added else None,
    )


def _weights(book: Book, lines: Sequence[Line]) -> tuple[Sequence[int], int]:
    """Return the interest weights of lines over one scale; those of the same lines are kept."""
    fractions = [line.fraction for line in lines]
    kept = book.kept_weights
    if kept is None or kept.rate != book.rate or kept.fractions[-len(lines) :] != fractions:
        scale = lcm(*(fraction.denominator for fraction in fractions))
        weights = [
            fraction.numerator * (scale // fraction.denominator) * book.rate.numerator
            for fraction in fractions
        ]
        kept = Weights(book.rate, fractions, weights, scale * book.rate.denominator)
        book.kept_weights = kept
    return kept.weights[-len(lines) :], kept.scale


def _set_targets(book: Book, keep: Replan) -> None:
    """Share the balance over the lines anew, if what each asks is not to stay."""
    lines = book.to_come
    if keep not in _SHARES_ANEW:
        return
    is_exact = book.terms.interest_step is InterestStep.UNROUNDED
    match book.terms.method:
        case Method.EQUAL_PRINCIPAL | Method.FLAT:
            skips = [line.skip for line in lines]
            pays = [line.skip is Moratorium.NONE for line in lines]
            targets = (
                exact_targets(book.balance_fen, pays)
                if is_exact
                else equal_targets(book.terms, book.balance_fen, skips)
            )
        case (
            Method.SEASONAL
            | Method.INTEREST_ONLY
            | Method.BULLET
            | Method.REVOLVING
            | Method.EQUAL_INSTALLMENT
        ):
            weights = [line.target_fen for line in lines]
            share = exact_targets if is_exact else proportional_targets
            targets = share(book.balance_fen, weights)
    for line, target in zip(lines, targets, strict=True):
        line.target_fen = target


def _write(book: Book, laid: list[Laid]) -> None:
    """Put the rows into the lines; a fee on the balance follows the balance the line opens with."""
    lines = book.to_come
    balance = book.balance_fen
    for place, (line, row) in enumerate(zip(lines, laid, strict=False)):
        principal_fen, interest_fen = row
        line.principal_fen = line.extra_fen + principal_fen
        if line.paid_interest_fen:
            _set_interest(book, line, interest_fen)
        else:
            line.interest_fen = interest_fen
        if place:
            line.opening_fen = balance
            set_fee(book, line)
        balance -= principal_fen
    _drop(book, kept=len(laid))
    book.spread_coupons()


def _set_interest(book: Book, line: Line, interest_fen: int) -> None:
    """Ask this interest; what was paid ahead beyond it, for a balance now smaller, goes back."""
    granted_fen = sum(book.reductions.of(line, interest_fen).values())
    unearned_fen = line.paid_interest_fen - (interest_fen - granted_fen)
    if unearned_fen > 0 and line.skip is not Moratorium.PRINCIPAL_AND_INTEREST:
        book.give_back(line, DueKind.INTEREST, unearned_fen)
    line.interest_fen = max(interest_fen, line.paid_interest_fen)


def set_fee(book: Book, line: Line) -> None:
    """Figure a line's fees anew; never below what is paid of them."""
    if not book.terms.fees and not line.charged_fee_fen:
        line.fee_fen = line.paid_fee_fen
        return
    on_balance = balance_fee(book.terms, line.opening_fen, line.fraction)
    fee = line.fees.at_balance(line.opening_fen) + line.charged_fee_fen + on_balance
    line.fee_fen = max(fee, line.paid_fee_fen)


def _drop(book: Book, kept: int) -> None:
    """
    Let lines go for which nothing is left, unless something of them is paid.

    Fees owed in full and costs move to the last line kept.
    """
    dropped = book.to_come[kept:]
    while dropped and dropped[-1].paid_fen == 0:
        *dropped, line = dropped
        owed_fen = line.fees.owed_fen + line.charged_fee_fen
        del book.lines[-1]
        last = book.lines[-1]
        last.charged_fee_fen += owed_fen
        last.fee_fen += owed_fen
        last.cost_fen += line.cost_fen
    for line in dropped:
        line.principal_fen = line.paid_principal_fen
        line.interest_fen = line.paid_interest_fen
        line.fee_fen = max(line.fees.owed_fen + line.charged_fee_fen, line.paid_fee_fen)


def close(book: Book, interest_fen: int, fee_fen: int) -> None:
    """
    End the plan on the running line: it asks all principal left, and this interest and fee.

    What coupons took off the interest stands beside it. Later lines go, unless something of them
    was paid ahead, or the borrower may draw again; what realizing the claim cost stays.
    """
    book.closes()
    running, *later = book.to_come
    accrued_fen = round_fen(book.pending, book.terms.interest_rounding)
    taken_off_fen = max(accrued_fen - running.paid_interest_fen - interest_fen, 0)
    ahead_fen = sum(line.ahead_fen for line in later)
    running.principal_fen = running.extra_fen + book.balance_fen - ahead_fen
    grants = book.reductions.of(running, accrued_fen, taken_off_fen)
    plain_fen = max(taken_off_fen - sum(grants.values()), 0)
    running.take_off(grants, min(plain_fen, book.coupon_fen))
    running.interest_fen = running.paid_interest_fen + interest_fen + running.coupon_fen
    running.fee_fen = running.paid_fee_fen + fee_fen
    for line in later:
        line.principal_fen = line.paid_principal_fen
        line.interest_fen = line.paid_interest_fen
        line.fee_fen = line.paid_fee_fen
        line.take_off(NO_GRANTS, 0)
        running.cost_fen += line.hand_over(DueKind.COST)
    can_trim = book.terms.method is not Method.REVOLVING
    while can_trim and book.lines[-1] is not running and book.lines[-1].asked_fen == 0:
        del book.lines[-1]
    for line in book.to_come:
        line.extra_fen = line.principal_fen
        line.fees = FixedFees(each_fen=line.fees.each_fen)
        line.charged_fee_fen = line.opening_fen = 0
    book.balance_fen = 0
    book.pending = Fraction(running.interest_fen)
    if book.flat_base is not None:
        book.flat_base = Fraction(0)
