"""What a plan asks of an installment's fees."""

from fractions import Fraction

from app.loanmath.explain.asking import Ask, as_paid
from app.loanmath.explain.figures import InputName, Rule
from app.loanmath.explain.laying import LayingBook
from app.loanmath.explain.layouts import Span
from app.loanmath.explain.lines import AsPaid, ClosedFee, FiguredFee, OwedFee, TracedLine
from app.loanmath.explain.values import Explanation, FeeLine, Segment, exact, fen
from app.loanmath.money import round_fen
from app.loanmath.schedule.choices import FeeBase, FeeTiming
from app.loanmath.schedule.fees import FixedFees
from app.loanmath.schedule.terms import Fee, Terms


def planned_fee(ask: Ask, line: TracedLine, book: LayingBook) -> Explanation:
    """Explain what the plan asked of fees."""
    match line.bases.get("fee_fen"):
        case FiguredFee() as figured:
            return _figured_fee(ask, book, figured)
        case OwedFee(owed_fen=owed_fen, paid_fen=paid_fen, charged=charged):
            whole = owed_fen + sum(Fraction(move.amount) for move in charged)
            return ask.answer(
                Rule.FEE_OWED,
                max(round_fen(whole), paid_fen),
                inputs=[fen(InputName.OWED, owed_fen), fen(InputName.PAID, paid_fen)],
                moves=charged,
            )
        case ClosedFee(moves=moves):
            return ask.sum(moves=moves)
        case AsPaid(paid_fen=paid_fen):
            return as_paid(ask, paid_fen)
        case _:
            return ask.sum()


def _figured_fee(ask: Ask, book: LayingBook, figured: FiguredFee) -> Explanation:
    fees = fee_lines(book, figured)
    segments = balance_fees(figured.terms, figured.opening_fen, figured.fraction, figured)
    charged = figured.charged
    whole_fen = sum(line.amount_fen for line in fees)
    whole_fen += sum(segment.rounded_fen or 0 for segment in segments)
    whole_fen += round_fen(sum((Fraction(move.amount) for move in charged), Fraction(0)))
    return ask.answer(
        Rule.FEE,
        max(whole_fen, figured.paid_fen),
        inputs=[fen(InputName.PAID, figured.paid_fen)],
        fees=fees,
        segments=segments,
        moves=charged,
    )


def charge_of(
    code: str | None, book: LayingBook, figured: FiguredFee
) -> tuple[list[FeeLine], list[Segment]]:
    """Return what one fee asks of an installment."""
    fees = [one for one in fee_lines(book, figured) if one.code == code]
    yearly = balance_fees(figured.terms, figured.opening_fen, figured.fraction, figured)
    return fees, [one for one in yearly if one.code == code]


def fee_lines(book: LayingBook, figured: FiguredFee) -> list[FeeLine]:
    """List what falls on an installment of the fees that do not depend on the balance."""
    rows = [place for place, fees in enumerate(book.fee_rows) if fees is figured.fees]
    asks_each = figured.opening_fen != 0
    if not rows:
        return _fees_brought(figured.fees, asks_each=asks_each)
    down = 1 if book.first_terms.down_payment_fen else 0
    place, count = rows[0] + 1 - down, len(book.fee_rows) - down
    if place == 0:
        return []
    lent_fen = book.first_lent_fen - book.first_terms.down_payment_fen
    found: list[FeeLine] = []
    for fee in book.first_terms.fees:
        if fee.base is not FeeBase.BALANCE and (asks_each or is_sure(fee)):
            line = _fee_line(fee, lent_fen, place, count)
            if line.amount_fen:
                found.append(line)
    return found


def is_sure(fee: Fee) -> bool:
    """Say whether a fee is asked of an installment even if that opens with no balance."""
    return fee.owed_in_full or fee.timing is not FeeTiming.EACH


def _fees_brought(fees: FixedFees, *, asks_each: bool) -> list[FeeLine]:
    """Tell of fees that came with terms agreed anew only how much they are."""
    asked = [(FeeTiming.EACH, fees.each_fen if asks_each else 0), (None, fees.sure_fen)]
    return [
        FeeLine(
            timing=timing,
            code=None,
            total_fen=amount_fen,
            rate=None,
            principal_fen=0,
            count=1,
            place=1,
            amount_fen=amount_fen,
        )
        for timing, amount_fen in asked
        if amount_fen
    ]


def _fee_line(fee: Fee, principal_fen: int, place: int, count: int) -> FeeLine:
    is_fixed = fee.base is FeeBase.FIXED
    total_fen = fee.amount_fen if is_fixed else round_fen(principal_fen * Fraction(fee.rate))
    match fee.timing:
        case FeeTiming.EACH:
            amount_fen = total_fen
        case FeeTiming.SPREAD:
            share_fen, over = divmod(total_fen, count)
            amount_fen = share_fen + (place <= over)
        case FeeTiming.FIRST:
            amount_fen = total_fen if place == 1 else 0
        case FeeTiming.LAST | FeeTiming.UP_FRONT:
            amount_fen = total_fen if place == count else 0
    return FeeLine(
        timing=fee.timing,
        code=fee.code,
        total_fen=total_fen,
        rate=None if is_fixed else f"{fee.rate:f}",
        principal_fen=principal_fen,
        count=count,
        place=place,
        amount_fen=amount_fen,
    )


def balance_fees(
    terms: Terms, balance_fen: int, fraction: Fraction, days: FiguredFee | Span
) -> list[Segment]:
    """List the yearly fees on a balance for a part of a year, each rounded by itself."""
    return [
        Segment(
            start=days.start,
            end=days.due_on,
            days=(days.due_on - days.start).days,
            balance=exact(balance_fen),
            annual_rate=f"{fee.rate:f}",
            rate=exact(Fraction(fee.rate)),
            fraction=exact(fraction),
            amount=exact(amount),
            rounded_fen=round_fen(amount, terms.interest_rounding),
            code=fee.code,
        )
        for fee in terms.fees
        if fee.base is FeeBase.BALANCE and (amount := balance_fen * Fraction(fee.rate) * fraction)
    ]
