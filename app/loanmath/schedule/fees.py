"""What fees ask of each installment."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.loanmath.money import round_fen, split_fen
from app.loanmath.schedule.choices import EarlyFeeOn, FeeBase, FeeTiming
from app.loanmath.schedule.dates import Period
from app.loanmath.schedule.layout import Laid
from app.loanmath.schedule.terms import Fee, Terms


def fees_of(
    terms: Terms, principal_fen: int, spans: Sequence[Period], laid: Sequence[Laid]
) -> list[int]:
    """Return the fees of each row of a plan for a sum newly lent."""
    if not terms.fees:
        return [0] * len(spans)
    fixed = row_fees(terms, principal_fen, len(spans))
    fees: list[int] = []
    balance = principal_fen
    for asked, span, row in zip(fixed, spans, laid, strict=True):
        fees.append(asked.at_balance(balance) + balance_fee(terms, balance, span.fraction))
        balance -= row.principal_fen
    return fees


def row_fees(terms: Terms, principal_fen: int, count: int) -> list["FixedFees"]:
    """Return the fees of so many rows; the row of a down payment has none."""
    down_fen = terms.down_payment_fen
    if not down_fen:
        return fixed_fees(terms, principal_fen, count)
    return [FixedFees(), *fixed_fees(terms, principal_fen - down_fen, count - 1)]


@dataclass(slots=True)
class FixedFees:
    """
    The fees of one row whose amount does not depend on the balance.

    Attributes:
        each_fen: Asked with each installment for as long as there is a balance.
        sure_fen: Asked in any case.
        owed_fen: The part of `sure_fen` that an early payoff owes too.
    """

    each_fen: int = 0
    sure_fen: int = 0
    owed_fen: int = 0

    def at_balance(self, balance_fen: int) -> int:
        """Return what is asked of a row that opens with this balance."""
        return self.sure_fen + (self.each_fen if balance_fen else 0)


def fixed_fees(terms: Terms, principal_fen: int, count: int) -> list[FixedFees]:
    """Return the fees of each of so many rows whose amount does not depend on the balance."""
    rows = [FixedFees() for _ in range(count)]
    for fee in terms.fees:
        if fee.base is FeeBase.BALANCE:
            continue
        for row, amount_fen in zip(rows, _over_rows(fee, principal_fen, count), strict=True):
            if fee.owed_in_full:
                row.owed_fen += amount_fen
            if fee.owed_in_full or fee.timing is not FeeTiming.EACH:
                row.sure_fen += amount_fen
            else:
                row.each_fen += amount_fen
    return rows


def balance_fee(terms: Terms, balance_fen: int, fraction: Fraction) -> int:
    """Return what the yearly fees on the balance ask for a part of a year."""
    return sum(
        round_fen(balance_fen * Fraction(fee.rate) * fraction, terms.interest_rounding)
        for fee in terms.fees
        if fee.base is FeeBase.BALANCE
    )


def early_fee(terms: Terms, principal_fen: int, *, number: int, closes: bool) -> int:
    """
    Return what repaying so much principal ahead of plan costs.

    Args:
        terms: The terms, which may ask for nothing.
        principal_fen: What is repaid early.
        number: Which period is running, the first being 1.
        closes: Whether it closes the loan.
    """
    fee = terms.early_fee
    if fee is None or (fee.on is EarlyFeeOn.PAYOFF and not closes):
        return 0
    if fee.periods is not None and number > fee.periods:
        return 0
    return fee.amount_fen + round_fen(principal_fen * Fraction(fee.rate))


def _over_rows(fee: Fee, principal_fen: int, count: int) -> Sequence[int]:
    is_fixed = fee.base is FeeBase.FIXED
    amount_fen = fee.amount_fen if is_fixed else round_fen(principal_fen * Fraction(fee.rate))
    match fee.timing:
        case FeeTiming.EACH:
            return (amount_fen,) * count
        case FeeTiming.SPREAD:
            return split_fen(amount_fen, (1,) * count)
        case FeeTiming.FIRST:
            return (amount_fen,) + (0,) * (count - 1)
        case FeeTiming.LAST | FeeTiming.UP_FRONT:
            return (0,) * (count - 1) + (amount_fen,)
