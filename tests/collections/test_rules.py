"""The firewall's laws: no contact in quiet hours, three calls a day, relief offered first."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.collections.errors import CaseOver, CaseStepOutOfOrder, HardshipNotOffered, StageTooEarly
from app.collections.rules import (
    OVER,
    Asked,
    Call,
    CaseState,
    CaseStep,
    Circumstances,
    ContactChannel,
    ContactOutcome,
    ContactPerson,
    ContactPurpose,
    HoldReason,
    Limits,
    PermitRefusal,
    Promise,
    PromiseState,
    Stage,
    areas_from,
    check_stage,
    fits,
    has_step,
    next_state,
    received_fen,
    refusals,
    script_of,
    settled,
    special_until,
    to_record_until,
    usable_until,
)
from app.collections.rules.cases import NEXT
from app.foundation.clock import local_date
from app.foundation.day_hours import DayHours
from app.foundation.text import LANGUAGES, text
from app.loanmath.life import RepaymentReceived, RepaymentReversed

NIGHT = DayHours(begins=time(22), ends=time(8))
LIMITS = Limits(night=NIGHT, calls_max=3, tries_max=6, minutes=15, record_minutes=60)
DAY = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
"""Ten in the morning in China."""
CALL = Asked(channel=ContactChannel.VOICE, purpose=ContactPurpose.REMIND)

times = st.times().map(lambda one: one.replace(second=0, microsecond=0))
hours = st.builds(DayHours, begins=times, ends=times)
moments = st.integers(0, 60 * 24 * 40 * 60).map(lambda one: DAY + timedelta(seconds=one))


def seen(now: datetime = DAY, **changed: Any) -> Circumstances:  # noqa: ANN401 - any of its fields
    """Say how things stand; what is left out is in favor of a contact."""
    values: dict[str, Any] = {
        "now": now,
        "state": CaseState.IN_PROGRESS,
        "stage": Stage.CARE,
        "is_over": False,
        "is_offered": True,
        "limits": LIMITS,
    }
    return Circumstances(**(values | changed))


@given(
    now=moments,
    own=st.none() | hours,
    agreed=st.none() | hours,
    channel=st.sampled_from(sorted(set(ContactChannel) - {ContactChannel.LETTER})),
    share=st.floats(0, 1, exclude_max=True),
)
def test_no_permitted_contact_can_begin_in_quiet_hours_or_on_another_day(
    now: datetime,
    own: DayHours | None,
    agreed: DayHours | None,
    channel: ContactChannel,
    share: float,
) -> None:
    asked = Asked(channel=channel, purpose=ContactPurpose.REMIND)
    here = seen(now, own_quiet=own, agreed=agreed, agrees_to_visits=True)
    if refusals(asked, here):
        return
    until = usable_until(asked, here)
    begins = now + (until - now) * share
    assert now < until <= now + timedelta(minutes=15)
    assert not any(one.covers(begins) for one in here.quiet)
    assert agreed is not None or not NIGHT.covers(begins)
    assert local_date(begins) == local_date(now)


@pytest.mark.parametrize(
    ("hour", "minute", "refused"), [(21, 59, False), (22, 0, True), (7, 59, True), (8, 0, False)]
)
def test_the_night_begins_at_ten_and_ends_at_eight(hour: int, minute: int, refused: bool) -> None:  # noqa: FBT001 - a table's column
    at = datetime(2026, 11, 21, hour, minute, tzinfo=UTC) - timedelta(hours=8)
    assert (PermitRefusal.QUIET_HOURS in refusals(CALL, seen(at))) is refused
    evening = DayHours(begins=time(20), ends=time(23))
    assert (PermitRefusal.QUIET_HOURS in refusals(CALL, seen(at, agreed=evening))) is (
        hour not in {21, 22}
    )


@dataclass(slots=True)
class Held:
    """A permit that somebody holds."""

    asked_at: datetime
    until: datetime
    record_until: datetime
    is_effective: bool | None = None
    began_at: datetime | None = None


class Firewall(RuleBasedStateMachine):
    """Several agencies ask, call and record in any order while days go by."""

    def __init__(self) -> None:
        super().__init__()
        self.now = DAY
        self.permits: list[Held] = []

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def somebody_asks(self) -> None:
        today = [one for one in self.permits if local_date(one.asked_at) == local_date(self.now)]
        calls = [
            Call(is_effective=one.is_effective, counts_until=one.record_until) for one in today
        ]
        here = seen(self.now, calls=calls)
        if not refusals(CALL, here):
            until = usable_until(CALL, here)
            self.permits.append(Held(self.now, until, to_record_until(until, LIMITS)))

    @precondition(lambda self: self.permits)
    @rule(data=st.data(), outcome=st.booleans())
    def somebody_records(self, data: st.DataObject, outcome: bool) -> None:  # noqa: FBT001 - drawn
        held = data.draw(st.sampled_from(self.permits))
        began = held.asked_at + (held.until - held.asked_at) / 2
        if held.is_effective is None and began <= self.now <= held.record_until:
            held.is_effective, held.began_at = outcome, began

    @invariant()
    def no_day_has_more_than_three_effective_calls(self) -> None:
        days = Counter(
            local_date(one.began_at) for one in self.permits if one.is_effective and one.began_at
        )
        assert all(count <= LIMITS.calls_max for count in days.values())
        tries = Counter(local_date(one.asked_at) for one in self.permits)
        assert all(count <= LIMITS.tries_max for count in tries.values())

    @invariant()
    def no_call_is_at_night(self) -> None:
        assert not any(NIGHT.covers(one.began_at) for one in self.permits if one.began_at)


TestFirewall = Firewall.TestCase
TestFirewall.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


AGAINST: list[tuple[dict[str, Any], Asked, PermitRefusal]] = [
    (
        {},
        Asked(channel=ContactChannel.VOICE, purpose=ContactPurpose.REMIND, person=person),
        PermitRefusal.NOT_DEBTOR,
    )
    for person in ContactPerson
    if person is not ContactPerson.DEBTOR
] + [
    (
        {},
        Asked(channel=ContactChannel.VOICE, purpose=ContactPurpose.REMIND, is_own_number=False),
        PermitRefusal.NOT_OWN_NUMBER,
    ),
    ({"is_number_stopped": True}, CALL, PermitRefusal.NUMBER_STOPPED),
    ({"is_over": True}, CALL, PermitRefusal.CASE_OVER),
    ({"is_assigned": False}, CALL, PermitRefusal.NOT_ASSIGNED),
    ({"is_listed": False}, CALL, PermitRefusal.AGENCY_NOT_LISTED),
    ({"is_special": True}, CALL, PermitRefusal.SPECIAL_STATUS),
    ({"state": CaseState.HARDSHIP}, CALL, PermitRefusal.HARDSHIP_OPEN),
    (
        {},
        Asked(channel=ContactChannel.VISIT, purpose=ContactPurpose.REMIND),
        PermitRefusal.NO_CONSENT,
    ),
    (
        {},
        Asked(channel=ContactChannel.VOICE, purpose=ContactPurpose.FIRM_NOTICE),
        PermitRefusal.TOO_FIRM,
    ),
    (
        {"stage": Stage.FIRM_NOTICE, "is_offered": False},
        Asked(channel=ContactChannel.LETTER, purpose=ContactPurpose.FIRM_NOTICE),
        PermitRefusal.NOT_OFFERED,
    ),
    (
        {},
        Asked(channel=ContactChannel.LETTER, purpose=ContactPurpose.ESTATE),
        PermitRefusal.TOO_FIRM,
    ),
]


@pytest.mark.parametrize(("changed", "asked", "reason"), AGAINST)
def test_each_thing_against_a_contact_is_named(
    changed: dict[str, Any], asked: Asked, reason: PermitRefusal
) -> None:
    assert refusals(CALL, seen()) == ()
    assert reason in refusals(asked, seen(**changed))


@pytest.mark.parametrize("reason", list(HoldReason))
def test_every_hold_keeps_everybody_back_and_the_dead_get_a_letter_once_two_confirmed(
    reason: HoldReason,
) -> None:
    held: dict[str, Any] = {"holds": frozenset({reason})}
    letter = Asked(channel=ContactChannel.LETTER, purpose=ContactPurpose.ESTATE)
    assert refusals(CALL, seen(**held))
    assert refusals(letter, seen(**held))
    may_write = refusals(letter, seen(**held, is_death_confirmed=True)) == ()
    assert may_write is (reason is HoldReason.DEATH)


@pytest.mark.parametrize("state", list(CaseState))
@pytest.mark.parametrize("step", list(CaseStep))
def test_a_step_that_is_not_in_the_table_is_refused(state: CaseState, step: CaseStep) -> None:
    if (state, step) in NEXT:
        assert next_state(state, step) is NEXT[state, step]
        assert state not in OVER
        return
    assert not has_step(state, step)
    with pytest.raises(CaseOver if state in OVER else CaseStepOutOfOrder):
        _ = next_state(state, step)


@given(
    stage=st.sampled_from(Stage),
    wanted=st.sampled_from(Stage),
    days=st.integers(0, 400),
    days_from=st.integers(0, 100),
)
def test_no_case_goes_further_before_relief_was_offered(
    stage: Stage, wanted: Stage, days: int, days_from: int
) -> None:
    order = list(Stage)
    is_further = order.index(wanted) > order.index(stage)
    given_days = {"days_past_due": days, "days_from": days_from}
    if not is_further:
        check_stage(stage, wanted, is_offered=False, **given_days)
        return
    with pytest.raises(HardshipNotOffered):
        check_stage(stage, wanted, is_offered=False, **given_days)
    if days < days_from:
        with pytest.raises(StageTooEarly):
            check_stage(stage, wanted, is_offered=True, **given_days)
    else:
        check_stage(stage, wanted, is_offered=True, **given_days)


@pytest.mark.parametrize("purpose", list(ContactPurpose))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_script_begins_with_the_offer_of_relief(
    purpose: ContactPurpose, language: str
) -> None:
    names = script_of(purpose)
    assert (names[0] == "OFFER") is (purpose is not ContactPurpose.ESTATE)
    values = {"due_on": date(2026, 12, 1), "amount_fen": 100, "days": 40}
    spoken = [text(f"collections.script.{one}", language, **values) for one in names]
    assert all(spoken)


@pytest.mark.parametrize("channel", list(ContactChannel))
def test_what_is_written_is_sent_and_nothing_else_is(channel: ContactChannel) -> None:
    possible = {outcome for outcome in ContactOutcome if fits(channel, outcome)}
    is_written = channel in {ContactChannel.SMS, ContactChannel.PUSH, ContactChannel.LETTER}
    assert possible == (
        {ContactOutcome.SENT} if is_written else set(ContactOutcome) - {ContactOutcome.SENT}
    )


PROMISE = Promise(
    promise_id="py",
    case_id="cc",
    loan_id="ln",
    borrower_id="br",
    amount_fen=100,
    due_on=date(2026, 12, 1),
    made_at=DAY,
    state=PromiseState.OPEN,
)


def received(number: int, amount_fen: int, on: date, *, later: int = 1) -> RepaymentReceived:
    return RepaymentReceived(
        id=f"#{number}",
        effective_on=on,
        recorded_at=DAY + timedelta(hours=later),
        amount_fen=amount_fen,
    )


def test_a_promise_is_kept_by_what_came_after_it_and_by_its_day() -> None:
    day = PROMISE.due_on
    before = received(1, 500, day, later=-1)
    too_late = received(2, 500, day + timedelta(days=1))
    undone = received(3, 500, day)
    reversal = RepaymentReversed(
        id="#4", effective_on=day, recorded_at=DAY + timedelta(hours=2), reverses="#3"
    )
    nothing = received_fen(PROMISE, [before, too_late, undone, reversal])
    assert nothing == 0
    assert settled(PROMISE, nothing, day) is PromiseState.OPEN
    assert settled(PROMISE, nothing, day + timedelta(days=1)) is PromiseState.BROKEN
    enough = received_fen(PROMISE, [received(5, 60, day), received(6, 40, day)])
    assert settled(PROMISE, enough, day) is PromiseState.KEPT
    assert settled(PROMISE, enough, day + timedelta(days=9)) is PromiseState.KEPT


def test_a_special_status_holds_for_its_county_and_days_and_a_slip_leaves_people_in_peace() -> None:
    areas = areas_from(["130681 2026-11-01 2026-11-30", "630000 2026-11-10 2026-11-12", "x", ""])
    assert special_until(areas, "130681", date(2026, 11, 30)) == date(2026, 11, 30)
    assert special_until(areas, "130681", date(2026, 12, 1)) is None
    assert special_until(areas, "130682", date(2026, 11, 2)) is None
    assert special_until(areas, "632724", date(2026, 11, 10)) == date(2026, 11, 12)
    assert special_until(areas, None, date(2026, 11, 10)) is None
    slip = areas_from(["622927 2026-13-01"])
    assert special_until(slip, "622927", date(2026, 11, 2)) == date.max
