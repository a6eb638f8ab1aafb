"""A compact plan worked out again."""

from datetime import timedelta

from app.servicing.rules.compact.following import Follower
from app.servicing.rules.compact.form import Deviation, Form, PlanUnreadable, unpacked
from app.servicing.rules.compact.rows import (
    AMOUNTS,
    ASKED,
    FEE,
    INTEREST,
    PAID,
    PRINCIPAL,
    STATUSES,
    Row,
    check_sum,
)


def read_plan(packed_plan: bytes) -> tuple[Row, ...]:
    """
    Return the rows of a compact plan.

    Raises:
        PlanUnreadable: It is no plan of this version, or its check sum is another one.
    """
    form, check = unpacked(packed_plan)
    try:
        rows = rows_by(form)
    except (ValueError, IndexError, OverflowError) as failure:
        raise PlanUnreadable(str(failure)) from failure
    if check_sum(rows) != check:
        raise PlanUnreadable("another check sum")
    return rows


def rows_by(form: Form) -> tuple[Row, ...]:
    """
    Work the rows of a plan out.

    Raises:
        ValueError, IndexError, OverflowError: Something in it makes no plan.
    """
    follower = Follower(form)
    return tuple(_row(follower, form) for _ in range(form.count))


def _row(follower: Follower, form: Form) -> Row:
    follower.begin()
    number = follower.number
    by = [0] * AMOUNTS
    said = None
    for what, much in form.deviations.get(number, ()):
        if what < AMOUNTS:
            by[what] += much
        elif what == Deviation.STATUS:
            said = STATUSES[much]
        else:
            follower.change(what, much)
    amounts = [0] * AMOUNTS
    amounts[INTEREST] = follower.interest_fen() + by[INTEREST]
    amounts[PRINCIPAL] = follower.principal_fen(amounts[INTEREST]) + by[PRINCIPAL]
    amounts[FEE] = follower.fee_fen() + by[FEE]
    for place in range(FEE + 1, PAID):
        amounts[place] = by[place]
    for place in range(ASKED):
        paid = amounts[place] if number <= form.paid else 0
        amounts[PAID + place] = paid + by[PAID + place]
    total_fen = sum(amounts[:ASKED])
    status = follower.status(total_fen - sum(amounts[PAID:]), total_fen)
    due_on = follower.due_on + timedelta(days=form.shifts.get(number, 0))
    follower.end(amounts[PRINCIPAL])
    return Row(number, due_on, status if said is None else said, tuple(amounts))
