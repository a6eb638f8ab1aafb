"""What a plan asks of an installment: principal and interest as they were last set."""

from fractions import Fraction

from app.loanmath.explain.asking import Ask, as_paid, moves_of, segments_of, sum_of
from app.loanmath.explain.figures import Figure, InputName, Rule
from app.loanmath.explain.layouts import Layout
from app.loanmath.explain.lines import (
    AsPaid,
    ClosedInterest,
    ClosedPrincipal,
    DownPayment,
    FromLayout,
    Spread,
    TracedLine,
)
from app.loanmath.explain.values import Explanation, Part, RoundingStep, exact_fen, fen
from app.loanmath.money import Rounding, round_fen
from app.loanmath.schedule.choices import Moratorium
from app.loanmath.schedule.layout import keeps_level


def planned_principal(ask: Ask, line: TracedLine) -> Explanation:
    """Explain what the plan asked of principal."""
    match line.bases.get("principal_fen"):
        case FromLayout(layout=layout, place=place):
            return _principal_of(ask, layout, place)
        case DownPayment(amount_fen=amount_fen):
            return ask.answer(
                Rule.DOWN_PAYMENT, amount_fen, inputs=[fen(InputName.AMOUNT, amount_fen)]
            )
        case ClosedPrincipal(balance_fen=balance_fen, held_back_fen=held_back_fen):
            return ask.answer(
                Rule.PRINCIPAL_CLOSED,
                balance_fen - held_back_fen,
                inputs=[
                    fen(InputName.BALANCE, balance_fen),
                    fen(InputName.HELD_BACK, held_back_fen),
                ],
            )
        case AsPaid(paid_fen=paid_fen):
            return as_paid(ask, paid_fen)
        case _:
            return ask.sum()


def _principal_of(ask: Ask, layout: Layout, place: int) -> Explanation:
    stretch, number = layout.stretch, layout.spans[place].number
    balance, principal = layout.balance_before(place), layout.rows[place][0]
    rounding = None
    if layout.is_exact:
        mode = stretch.terms.interest_rounding
        rounding = RoundingStep.of(balance, mode, since=balance - principal)
    result_fen = layout.laid[place].principal_fen
    skip, ahead_fen = stretch.skip(place), layout.ahead_fen(place)
    held_back = fen(InputName.HELD_BACK, layout.held_back_fen(place))
    if place == len(stretch.weights) - 1:
        inputs = [exact_fen(InputName.BALANCE, balance)]
        return ask.answer(Rule.PRINCIPAL_REST, result_fen, inputs=inputs, rounding=rounding)
    if layout.level is None:
        share = layout.shares[place]
        return ask.answer(
            Rule.PRINCIPAL_OF_SHARE,
            result_fen,
            inputs=[
                exact_fen(InputName.SHARE, share.amount),
                exact_fen(InputName.BALANCE, balance),
                held_back,
                fen(InputName.LEAST, ahead_fen),
            ],
            parts=[_pointer(Figure.PRINCIPAL_SHARE, share.amount, number)],
            rounding=rounding,
        )
    if skip is not Moratorium.NONE:
        inputs = [fen(InputName.LEAST, ahead_fen)]
        return ask.answer(Rule.PRINCIPAL_LEFT_OUT, result_fen, inputs=inputs, rounding=rounding)
    asked = layout.rows[place][1]
    regular = _regular(layout) if place == 0 else None
    return ask.answer(
        Rule.PRINCIPAL_OF_LEVEL,
        result_fen,
        inputs=[
            exact_fen(InputName.LEVEL, layout.level.level),
            exact_fen(InputName.INTEREST, asked if regular is None else regular),
            exact_fen(InputName.BALANCE, balance),
            held_back,
            exact_fen(InputName.LEAST, ahead_fen or stretch.least(place, asked)),
        ],
        parts=[
            _pointer(Figure.LEVEL_INSTALLMENT, layout.level.level, number),
            _pointer(Figure.PLANNED_INTEREST, layout.laid[place].interest_fen, number),
        ],
        rounding=rounding,
    )


def _regular(layout: Layout) -> int | Fraction | None:
    """Return the interest that decides the first row's principal, where that is not its own."""
    stretch = layout.stretch
    if stretch.first_regular is None:
        return None
    base = stretch.balance_fen if stretch.flat_base is None else stretch.flat_base
    regular = base * stretch.first_regular
    return regular if layout.is_exact else round_fen(regular, stretch.terms.interest_rounding)


def _pointer(figure: Figure, amount: int | Fraction, number: int) -> Part:
    return Part(figure=figure, amount_fen=round_fen(amount), installment_number=number)


def planned_interest(ask: Ask, line: TracedLine, mode: Rounding) -> Explanation:
    """Explain what the plan asked of interest."""
    match line.bases.get("interest_fen"):
        case FromLayout(layout=layout, place=place, paid_fen=paid_fen):
            return _interest_of(ask, layout, place, paid_fen)
        case ClosedInterest() as closed:
            return _closed_interest(ask, closed, mode)
        case AsPaid(paid_fen=paid_fen):
            return as_paid(ask, paid_fen)
        case _:
            return ask.sum()


def _interest_of(ask: Ask, layout: Layout, place: int, paid_fen: int) -> Explanation:
    stretch = layout.stretch
    mode = stretch.terms.interest_rounding
    accrued = layout.interest_of(place)
    least = fen(InputName.LEAST, max(paid_fen, 0))
    segments, moves = segments_of(accrued.pieces), moves_of(accrued.pieces)
    if accrued.is_left_out:
        return ask.answer(
            Rule.INTEREST_LEFT_OUT,
            max(paid_fen, 0),
            inputs=[least],
            segments=segments,
            moves=moves,
        )
    asked = layout.rows[place][1]
    if _keeps_level(layout, place, accrued.amount):
        assert layout.level is not None
        step = RoundingStep.of(asked, mode)
        return ask.answer(
            Rule.INTEREST_OF_LEVEL,
            max(step.after_fen, paid_fen),
            inputs=[
                exact_fen(InputName.LEVEL, layout.level.level),
                exact_fen(InputName.BALANCE, layout.balance_before(place)),
                least,
            ],
            parts=[
                _pointer(Figure.LEVEL_INSTALLMENT, layout.level.level, layout.spans[place].number)
            ],
            rounding=step if layout.is_exact else None,
        )
    step = RoundingStep.of(accrued.amount, mode)
    return ask.answer(
        Rule.INTEREST,
        max(step.after_fen, paid_fen, 0),
        inputs=[least],
        segments=segments,
        moves=moves,
        rounding=step,
    )


def _keeps_level(layout: Layout, place: int, accrued: Fraction) -> bool:
    """Say whether a row is the last of a plan whose last interest is what the level leaves."""
    stretch = layout.stretch
    if layout.level is None or place != len(stretch.weights) - 1:
        return False
    own = accrued if layout.is_exact else round_fen(accrued, stretch.terms.interest_rounding)
    return keeps_level(stretch, layout.level.level, layout.balance_before(place), own)


def _closed_interest(ask: Ask, closed: ClosedInterest, mode: Rounding) -> Explanation:
    step = RoundingStep.of(sum_of(closed.pieces), mode)
    paid_fen, coupons_fen = closed.paid_fen, closed.coupons_fen
    unpaid_fen = max(max(step.after_fen - coupons_fen, 0) - paid_fen, 0)
    off_fen = min(max(step.after_fen - paid_fen - unpaid_fen, 0), coupons_fen)
    return ask.answer(
        Rule.INTEREST_CLOSED,
        paid_fen + unpaid_fen + off_fen,
        inputs=[fen(InputName.PAID, paid_fen), fen(InputName.COUPONS, coupons_fen)],
        segments=segments_of(closed.pieces),
        moves=moves_of(closed.pieces),
        rounding=step,
    )


def coupon(ask: Ask, line: TracedLine) -> Explanation:
    """Explain what coupons take off an installment's interest."""
    base = line.bases.get("coupon_fen")
    if not isinstance(base, Spread):
        return ask.sum()
    return ask.answer(
        Rule.COUPON,
        max(min(base.left_fen, base.asked_fen), 0),
        inputs=[fen(InputName.COUPONS, base.left_fen), fen(InputName.ASKED, base.asked_fen)],
    )
