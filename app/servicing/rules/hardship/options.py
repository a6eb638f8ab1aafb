"""Hardship: which arrangements a loan can lawfully get, what each costs, and who decides on it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.foundation.canonical import Canonical, canonical_json, sha256_of
from app.loanmath.calendar import add_months
from app.loanmath.errors import EventRefused
from app.loanmath.life import (
    Deferred,
    DueKind,
    Event,
    LoanStatus,
    Rescheduled,
    Waived,
)
from app.loanmath.schedule import Method, Moratorium, Unit
from app.servicing.rules.hardship.shortfall import shortfall_of
from app.servicing.rules.hardship.values import (
    HardshipPolicy,
    Option,
    Relief,
    ReliefKind,
    StaffReason,
    Wish,
)
from app.servicing.rules.projection import Projection, PublishedDays, Signed, project
from app.servicing.rules.values import PlanLine

TOKEN_LENGTH = 32
"""Hexadecimal characters: 128 bits of the hash of loan, day and arrangement."""

KIND_SHOWN_MAX = 2
"""How many arrangements of one kind are shown, so that the borrower sees different ones."""

_NOT_FOR: Mapping[Method, frozenset[ReliefKind]] = {
    Method.REVOLVING: frozenset({ReliefKind.STRETCH}),
    Method.INTEREST_ONLY: frozenset({ReliefKind.STRETCH}),
    Method.BULLET: frozenset({ReliefKind.DEFER_PRINCIPAL, ReliefKind.HARVEST, ReliefKind.STRETCH}),
}
"""What makes no sense: one sum at the end has nothing to share or leave out."""

_TICK = timedelta(milliseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _TICK
"""Later than anything recorded: what is tried out comes after everything else that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A loan on a day, as arrangements start from it."""

    signed: Signed
    events: tuple[Event, ...]
    on: date
    working: PublishedDays | None
    now: Projection

    @classmethod
    def of(
        cls,
        signed: Signed,
        events: Sequence[Event],
        on: date,
        working: PublishedDays | None = None,
    ) -> "Situation":
        """
        Work a loan out as it stands.

        Raises:
            CalendarUnpublished: A due date has come whose year's working days are not published.
        """
        now = project(signed, events, on, working)
        return cls(signed=signed, events=tuple(events), on=on, working=working, now=now)

    @property
    def coming(self) -> tuple[PlanLine, ...]:
        """The installments that are not due yet."""
        return tuple(line for line in self.now.lines if line.due_on > self.on)

    @property
    def last_arranged_on(self) -> date | None:
        """When installments were last put off or agreed anew."""
        days = [
            event.effective_on for event in self.events if isinstance(event, Deferred | Rescheduled)
        ]
        return max(days, default=None)


def options(situation: Situation, policy: HardshipPolicy, wish: Wish) -> tuple[Option, ...]:
    """
    Return the arrangements to choose from, the one that fits best first; few, often none.

    What fits best asks least beyond what the borrower can pay; among those, what costs least.
    """
    found = [
        option
        for relief in _reliefs(situation, policy, wish)
        if (option := work_out(situation, policy, relief, wish)) is not None
    ]
    found.sort(key=_fit)
    shown: list[Option] = []
    kinds = Counter[ReliefKind]()
    for option in found:
        is_seen = any(option.lines == other.lines for other in shown)
        if is_seen or kinds[option.relief.kind] == KIND_SHOWN_MAX:
            continue
        kinds[option.relief.kind] += 1
        shown.append(option)
    return tuple(shown[: policy.options_max])


def option_of(situation: Situation, policy: HardshipPolicy, token: str) -> Option | None:
    """Find the arrangement of a token; None when the loan, the day or the policy is another."""
    for kind in ReliefKind:
        for periods in range(policy.periods_max[kind] + 1):
            relief = Relief(kind, periods)
            if token_of(situation, relief) == token:
                return work_out(situation, policy, relief, Wish())
    return None


def token_of(situation: Situation, relief: Relief) -> str:
    """Name an arrangement of a loan as it stands."""
    ids: list[Canonical] = [event.id for event in situation.events]
    content: dict[str, Canonical] = {
        "loan": situation.signed.ref.loan_id,
        "on": situation.on.isoformat(),
        "events": ids,
        "kind": relief.kind.value,
        "periods": relief.periods,
    }
    return sha256_of(canonical_json(content))[:TOKEN_LENGTH]


def events_of_relief(
    situation: Situation, relief: Relief, *, ids: Sequence[str], recorded_at: datetime
) -> tuple[Event, ...]:
    """
    Write the events that make an arrangement, in order; `ids` are taken in order too.

    Each is recorded a millisecond after the one before, so that their order is certain.
    """
    on, remaining = situation.on, len(situation.coming)
    penalty_fen = situation.now.state.penalty_fen
    first, second = ids[0], ids[1]
    match relief.kind:
        case ReliefKind.DEFER_PRINCIPAL | ReliefKind.HARVEST | ReliefKind.DEFER_ALL:
            leaves_out = (
                Moratorium.PRINCIPAL_AND_INTEREST
                if relief.kind is ReliefKind.DEFER_ALL
                else Moratorium.PRINCIPAL
            )
            put_off = Deferred(
                id=first,
                effective_on=on,
                recorded_at=recorded_at,
                periods=relief.periods,
                moratorium=leaves_out,
            )
            return (put_off,)
        case ReliefKind.STRETCH | ReliefKind.CATCH_UP:
            anew = Rescheduled(
                id=second,
                effective_on=on,
                recorded_at=recorded_at + _TICK,
                count=max(remaining, 1) + relief.periods,
                first_due_on=situation.coming[0].due_on if remaining else None,
                due_day=_due_day(situation),
            )
            if relief.kind is ReliefKind.STRETCH or not penalty_fen:
                return (anew,)
            waiver = Waived(
                id=first,
                effective_on=on,
                recorded_at=recorded_at,
                kind=DueKind.PENALTY,
                amount_fen=penalty_fen,
            )
            return (waiver, anew)


def _due_day(situation: Situation) -> int | None:
    """Return the day of the month to keep to: the signed one, where the next due date is on it."""
    terms, coming = situation.signed.terms, situation.coming
    if terms.unit is not Unit.MONTH or not coming:
        return None
    next_on = coming[0].due_on
    day = terms.due_day or situation.events[0].effective_on.day
    return day if add_months(next_on, 0, day, terms.month_end) == next_on else next_on.day


def work_out(
    situation: Situation, policy: HardshipPolicy, relief: Relief, wish: Wish
) -> Option | None:
    """Work one arrangement out; None where it is not possible, not lawful, or changes nothing."""
    if not _is_open_to(situation, relief):
        return None
    new = events_of_relief(situation, relief, ids=("relief-1", "relief-2"), recorded_at=_LAST)
    try:
        after = project(
            situation.signed, (*situation.events, *new), situation.on, situation.working
        )
    except EventRefused:
        return None
    before = situation.now
    if after.lines == before.lines or not _is_lawful(situation, policy, after):
        return None
    left = [line for line in after.lines if line.left_fen > 0]
    highest = max(left, key=lambda line: line.left_fen)
    next_due, next_fen = _next_of(left, after.figures.unapplied_fen)
    waived_fen = sum(event.amount_fen for event in new if isinstance(event, Waived))
    return Option(
        relief=relief,
        token=token_of(situation, relief),
        lines=after.lines,
        to_pay_fen=_to_pay_fen(after),
        difference_fen=_to_pay_fen(after) - _to_pay_fen(before),
        interest_difference_fen=_interest_fen(after) - _interest_fen(before),
        waived_fen=waived_fen,
        next_due_on=max(next_due.payable_on, situation.on),
        next_amount_fen=next_fen,
        highest_fen=highest.left_fen,
        highest_number=highest.number,
        ends_on=after.figures.closes_on,
        principal_from=_principal_from(left),
        short_fen=shortfall_of(left, wish, situation.on).result_fen,
        staff_reasons=tuple(_staff_reasons(situation, policy, relief, waived_fen)),
        events=tuple(new),
    )


def _fit(option: Option) -> tuple[int, int, int, int]:
    order = list(ReliefKind).index(option.relief.kind)
    return (option.short_fen, option.to_pay_fen, order, option.relief.periods)


def _reliefs(situation: Situation, policy: HardshipPolicy, wish: Wish) -> Iterator[Relief]:
    for kind in (ReliefKind.DEFER_PRINCIPAL, ReliefKind.DEFER_ALL):
        for periods in range(1, policy.periods_max[kind] + 1):
            yield Relief(kind, periods)
    if wish.harvest_month is not None:
        periods = _periods_until(situation, wish.harvest_month)
        if 1 <= periods <= policy.periods_max[ReliefKind.HARVEST]:
            yield Relief(ReliefKind.HARVEST, periods)
    steps = {
        ReliefKind.STRETCH: policy.stretch_steps,
        ReliefKind.CATCH_UP: policy.catch_up_steps,
    }
    for kind, by in steps.items():
        for periods in by:
            if periods <= policy.periods_max[kind]:
                yield Relief(kind, periods)


def _periods_until(situation: Situation, month: int) -> int:
    """Count the installments to come before the first one due in a month of the year."""
    for place, line in enumerate(situation.coming):
        if line.due_on.month == month:
            return place
    return 0


def _is_open_to(situation: Situation, relief: Relief) -> bool:
    """Tell whether a kind of arrangement is one for a loan like this."""
    state, method = situation.now.state, situation.signed.terms.method
    if relief.kind in _NOT_FOR.get(method, frozenset()):
        return False
    if relief.kind is ReliefKind.CATCH_UP:
        return relief.periods >= 0 and state.status is LoanStatus.IN_ARREARS
    if state.status not in {LoanStatus.ACTIVE, LoanStatus.IN_ARREARS, LoanStatus.RESTRUCTURED}:
        return False
    if relief.kind is ReliefKind.STRETCH:
        return relief.periods > 0
    # Putting off what is to come leaves arrears due at once, which is no help.
    return relief.periods > 0 and state.status is not LoanStatus.IN_ARREARS


def _is_lawful(situation: Situation, policy: HardshipPolicy, after: Projection) -> bool:
    """
    Tell whether an arrangement keeps to what may be agreed.

    It takes no fee, cost or penalty that was not there, and ends in time: no loan lasts beyond the
    longest term, and a short one is put off by no more than its first length.
    """
    for kind in ("fee_fen", "cost_fen", "penalty_fen"):
        if _sum(after, kind) > _sum(situation.now, kind):
            return False
    opened_on = situation.events[0].effective_on
    if after.lines[-1].due_on > _months_after(opened_on, policy.loan_months_max):
        return False
    first_end = _first_end(situation)
    lasts = range(1, policy.short_loan_months + 1)
    months = next((n for n in lasts if _months_after(opened_on, n) >= first_end), None)
    return months is None or after.lines[-1].due_on <= _months_after(first_end, months)


def _first_end(situation: Situation) -> date:
    """Return the last due date of the plan as it was signed."""
    signed, opening = situation.signed, situation.events[:1]
    return project(signed, opening, opening[0].effective_on, situation.working).lines[-1].due_on


def _months_after(day: date, months: int) -> date:
    return add_months(day, months, day.day)


def _sum(projection: Projection, part: str) -> int:
    return sum(getattr(line, part) for line in projection.lines)


def _interest_fen(projection: Projection) -> int:
    return _sum(projection, "interest_fen")


def _to_pay_fen(projection: Projection) -> int:
    return projection.figures.balance_fen - projection.figures.unapplied_fen


def _next_of(left: Sequence[PlanLine], held_fen: int) -> tuple[PlanLine, int]:
    """Return the first installment that money held does not pay, and what is to be paid of it."""
    for line in left[:-1]:
        if line.left_fen > held_fen:
            return line, line.left_fen - held_fen
        held_fen -= line.left_fen
    return left[-1], max(left[-1].left_fen - held_fen, 0)


def _principal_from(left: Sequence[PlanLine]) -> date:
    with_principal = [line for line in left if line.principal_fen > line.paid_principal_fen]
    return (with_principal or left)[0].payable_on


def _staff_reasons(
    situation: Situation, policy: HardshipPolicy, relief: Relief, waived_fen: int
) -> Iterator[StaffReason]:
    if relief.periods > policy.periods_at_once[relief.kind]:
        yield StaffReason.LONG
    last_on = situation.last_arranged_on
    if last_on is not None and situation.on < _months_after(last_on, policy.months_between):
        yield StaffReason.SOON_AGAIN
    if situation.now.state.days_past_due > policy.days_past_due_at_once:
        yield StaffReason.LATE
    if waived_fen > policy.penalty_waived_at_once_fen:
        yield StaffReason.MUCH_PENALTY
