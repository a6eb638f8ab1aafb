"""What a correction changes: a loan's figures before and after, and the difference it makes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from app.loanmath.life import DueKind, Event, LoanStatus, Recovered, RepaymentReceived
from app.servicing.errors import CorrectionImpossible
from app.servicing.rules.corrections.acts import (
    Act,
    Charge,
    CutRate,
    Defer,
    Recover,
    Reopen,
    Reschedule,
    UndoRepayment,
    Waive,
    WriteOff,
)
from app.servicing.rules.projection import CLOSED, Projection
from app.servicing.rules.values import PlanLine


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFigures:
    """
    A loan's figures on a day, as far as a correction may change them.

    The five parts are what is still to be paid of each if the plan is kept, and sum to
    `balance_fen`; `waived_fen` is everything given up so far, `payoff_fen` what would close the
    loan that day.
    """

    status: LoanStatus
    annual_rate: str
    principal_fen: int
    interest_fen: int
    fee_fen: int
    cost_fen: int
    penalty_fen: int
    balance_fen: int
    due_now_fen: int
    overdue_fen: int
    unapplied_fen: int
    waived_fen: int
    payoff_fen: int
    days_past_due: int
    installments_left: int
    next_due_on: date | None
    next_amount_fen: int
    closes_on: date


Effect = Mapping[str, int | str | None]
"""By figure: how much a number moves, or what anything else becomes; None where it stays."""


def figures_of(projection: Projection) -> CorrectionFigures:
    """Return a loan's figures out of its whole projection."""
    figures, state, lines = projection.figures, projection.state, projection.lines
    return CorrectionFigures(
        status=state.status,
        annual_rate=figures.annual_rate,
        principal_fen=_left(lines, DueKind.PRINCIPAL),
        interest_fen=_left(lines, DueKind.INTEREST),
        fee_fen=_left(lines, DueKind.FEE),
        cost_fen=_left(lines, DueKind.COST),
        penalty_fen=_left(lines, DueKind.PENALTY),
        balance_fen=figures.balance_fen,
        due_now_fen=state.due_now_fen,
        overdue_fen=state.overdue_fen,
        unapplied_fen=state.unapplied_fen,
        waived_fen=sum(line.waived_fen for line in lines),
        payoff_fen=state.payoff_fen,
        days_past_due=state.days_past_due,
        installments_left=sum(line.left_fen > 0 for line in lines),
        next_due_on=figures.next_due_on,
        next_amount_fen=figures.next_amount_fen,
        closes_on=figures.closes_on,
    )


def _left(lines: Iterable[PlanLine], kind: DueKind) -> int:
    name = f"{kind.value.lower()}_fen"
    return sum(getattr(line, name) - getattr(line, f"paid_{name}") for line in lines)


def effect_of(before: CorrectionFigures, after: CorrectionFigures) -> Effect:
    """
    Return the difference an act makes on one and the same day.

    Two effects are equal when every number moves by as much, and everything else becomes the same.
    """
    old, new = asdict(before), asdict(after)
    return {name: _moved(old[name], new[name]) for name in old}


def _moved(old: object, new: object) -> int | str | None:
    if isinstance(old, int) and isinstance(new, int):
        return new - old
    return None if old == new else str(new)


def amount_of(
    act: Act, before: CorrectionFigures, after: CorrectionFigures, events: Sequence[Event]
) -> int:
    """Return how much a correction is about, by which its approver is found."""
    match act:
        case Waive() | Charge() | Recover():
            return act.amount_fen
        case UndoRepayment(event_id=event_id):
            return next(
                event.amount_fen
                for event in events
                if isinstance(event, RepaymentReceived | Recovered) and event.id == event_id
            )
        case CutRate():
            return before.balance_fen - after.balance_fen
        case Defer() | Reschedule() | WriteOff() | Reopen():
            return before.principal_fen


def check_possible(act: Act, before: CorrectionFigures, after: CorrectionFigures) -> None:
    """
    Check that an act does to a loan exactly what it says.

    Raises:
        CorrectionImpossible: It would do nothing, or less than it says, or the loan is not as the
            act needs it.
    """
    is_written_off = before.status is LoanStatus.WRITTEN_OFF
    if before.status in CLOSED and not isinstance(act, UndoRepayment):
        raise CorrectionImpossible("NOTHING_OWED")
    if isinstance(act, Recover | Reopen) and not is_written_off:
        raise CorrectionImpossible("NOT_WRITTEN_OFF")
    if isinstance(act, CutRate | Defer | Reschedule | WriteOff) and is_written_off:
        raise CorrectionImpossible("WRITTEN_OFF")
    match act:
        case Waive():
            waived_fen = after.waived_fen - before.waived_fen
            if waived_fen < act.amount_fen:
                raise CorrectionImpossible("WAIVES_MORE_THAN_OWED", most_fen=waived_fen)
        case CutRate() if after.annual_rate == before.annual_rate:
            raise CorrectionImpossible("RATE_NOT_LOWER")
        case Defer() | Reschedule() if not any(effect_of(before, after).values()):
            raise CorrectionImpossible("CHANGES_NOTHING")
        case _:
            pass
