"""The life of a correction, who may take which step, and what makes two effects equal."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import PolicyBook
from app.foundation.caller import StaffRole
from app.foundation.text import LANGUAGES, text
from app.loanmath.life import DueKind, LoanStatus
from app.loanmath.record import EVENT_KINDS, event_as_json
from app.loanmath.schedule import Moratorium
from app.servicing.errors import CorrectionAboveLimit, CorrectionImpossible, CorrectionStepRefused
from app.servicing.graphql import (
    CorrectionFigures as ShownFigures,
)
from app.servicing.graphql import (
    CorrectionKind,
    LoanEventKind,
)
from app.servicing.graphql import CorrectionReason as ShownReason
from app.servicing.graphql import CorrectionState as ShownState
from app.servicing.graphql import DueKind as ShownDueKind
from app.servicing.graphql.amounts import CorrectionAmount
from app.servicing.rules.corrections import (
    ACTS,
    CHECKERS,
    MAKERS,
    NEXT,
    READERS,
    REASONS,
    Act,
    ActKind,
    Charge,
    CorrectionFigures,
    CorrectionReason,
    CorrectionState,
    CorrectionStep,
    CutRate,
    Defer,
    Recover,
    Reopen,
    Reschedule,
    Stamp,
    UndoRepayment,
    Waive,
    WriteOff,
    act_as_json,
    act_from_json,
    approver_of,
    check_may_approve,
    effect_of,
    event_of,
    kind_of,
    next_state,
)
from tests.catalog.conftest import TODAY, book, catalog

__all__ = ["book", "catalog"]

ONE_OF_EACH: list[Act] = [
    UndoRepayment(repayment_id="rp00000000000001", event_id="ev00000000000001"),
    Waive(part=DueKind.PENALTY, amount_fen=1_230, installment_number=2),
    Charge(part=DueKind.COST, code="court_fee", amount_fen=5_000),
    CutRate(annual_rate=Decimal("0.0725")),
    Defer(periods=2, moratorium=Moratorium.PRINCIPAL_AND_INTEREST),
    Reschedule(count=12, first_due_on=date(2027, 1, 5), annual_rate=Decimal("0.06")),
    WriteOff(),
    Recover(amount_fen=777),
    Reopen(),
]
FIGURES = CorrectionFigures(
    status=LoanStatus.IN_ARREARS,
    annual_rate="0.12",
    principal_fen=100_000,
    interest_fen=5_000,
    fee_fen=0,
    cost_fen=0,
    penalty_fen=300,
    balance_fen=105_300,
    due_now_fen=20_300,
    overdue_fen=20_300,
    unapplied_fen=0,
    waived_fen=0,
    payoff_fen=102_000,
    days_past_due=12,
    installments_left=6,
    next_due_on=date(2026, 12, 21),
    next_amount_fen=20_300,
    closes_on=date(2027, 5, 21),
)


def test_only_what_waits_moves_on() -> None:
    assert {state for state, _ in NEXT} == {CorrectionState.PROPOSED}
    assert set(NEXT.values()) == set(CorrectionState) - {CorrectionState.PROPOSED}


@pytest.mark.parametrize(("state", "step"), list(product(CorrectionState, CorrectionStep)))
def test_a_step_outside_the_table_is_refused(state: CorrectionState, step: CorrectionStep) -> None:
    if (state, step) in NEXT:
        assert next_state(state, step) is NEXT[state, step]
        return
    with pytest.raises(CorrectionStepRefused) as refused:
        _ = next_state(state, step)
    assert refused.value.state == state.value


def test_whoever_decides_may_propose_and_whoever_proposes_may_read() -> None:
    assert CHECKERS < MAKERS < READERS
    assert {StaffRole.AUDITOR} == READERS - MAKERS


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_than_a_supervisors_limit_takes_the_head_of_lending(
    amount_fen: int, limit_fen: int
) -> None:
    is_within = amount_fen <= limit_fen and limit_fen > 0
    needed = approver_of(amount_fen, supervisor_fen_max=limit_fen)
    assert needed is (StaffRole.SUPERVISOR if is_within else StaffRole.DIRECTOR)
    check_may_approve(StaffRole.DIRECTOR, amount_fen, supervisor_fen_max=limit_fen)
    if is_within:
        check_may_approve(StaffRole.SUPERVISOR, amount_fen, supervisor_fen_max=limit_fen)
        return
    with pytest.raises(CorrectionAboveLimit):
        check_may_approve(StaffRole.SUPERVISOR, amount_fen, supervisor_fen_max=limit_fen)


def test_the_policy_has_a_limit_for_every_kind(book: PolicyBook) -> None:
    limits = book.table("correction_supervisor_fen_max")
    assert set(limits) == set(ActKind)
    assert book.on == TODAY
    assert book.whole("correction_days_valid") > 0
    assert book.whole("correction_open_max") > 0


def test_every_kind_has_its_act_and_its_reasons() -> None:
    assert set(ACTS) == set(REASONS) == set(ActKind)
    assert {kind_of(act) for act in ONE_OF_EACH} == set(ActKind)
    assert frozenset[CorrectionReason]().union(*REASONS.values()) == set(CorrectionReason)


@pytest.mark.parametrize("act", ONE_OF_EACH, ids=lambda act: kind_of(act).value)
def test_an_act_is_kept_and_read_back_and_becomes_an_event(act: Act) -> None:
    assert act_from_json(kind_of(act), act_as_json(act)) == act
    stamp = Stamp(
        event_id="ev00000000000009",
        effective_on=date(2026, 12, 31),
        recorded_at=datetime(2026, 12, 31, 8, tzinfo=UTC),
    )
    event = event_of(act, stamp)
    assert (event.id, event.effective_on, event.recorded_at) == (
        stamp.event_id,
        stamp.effective_on,
        stamp.recorded_at,
    )
    said = event_as_json(event).values()
    values = [value for name, value in act_as_json(act).items() if name != "repayment_id"]
    assert all(value in said for value in values)


def test_equal_effects_move_every_number_by_as_much() -> None:
    waived = replace(FIGURES, penalty_fen=100, balance_fen=105_100, waived_fen=200)
    later = replace(FIGURES, penalty_fen=900, balance_fen=105_900, days_past_due=30)
    later_waived = replace(later, penalty_fen=700, balance_fen=105_700, waived_fen=200)
    assert effect_of(FIGURES, waived) == effect_of(later, later_waived)
    assert effect_of(FIGURES, FIGURES) == effect_of(later, later)
    assert not any(effect_of(FIGURES, FIGURES).values())


@pytest.mark.parametrize(
    "change",
    [
        {"penalty_fen": 99},
        {"status": LoanStatus.ACTIVE},
        {"next_due_on": None},
        {"closes_on": date(2027, 6, 21)},
        {"annual_rate": "0.1"},
        {"days_past_due": 0},
    ],
)
def test_any_other_change_is_another_effect(change: dict[str, object]) -> None:
    waived = replace(FIGURES, penalty_fen=100)
    other = replace(waived, **change)  # pyright: ignore[reportArgumentType] - one of its own fields
    assert effect_of(FIGURES, waived) != effect_of(FIGURES, other)


def test_the_schemas_words_are_the_rules_words() -> None:
    assert [one.value for one in CorrectionKind] == list(ActKind)
    assert [one.value for one in ShownReason] == list(CorrectionReason)
    assert [one.value for one in ShownState] == list(CorrectionState)
    assert {one.value for one in ShownDueKind} == set(DueKind)
    assert {one.value for one in LoanEventKind} >= set(EVENT_KINDS)
    shown = {field.name for field in fields(ShownFigures)}  # pyright: ignore[reportArgumentType] - strawberry's types are dataclasses
    shown -= {"explain", "explaining"}
    amounts = {field.name for field in fields(CorrectionFigures) if field.name.endswith("_fen")}
    assert shown == {field.name.removesuffix("_fen") for field in fields(CorrectionFigures)}
    assert {f"{one.name.lower()}_fen" for one in CorrectionAmount} == amounts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "reason",
    [
        "NOTHING_OWED",
        "WAIVES_MORE_THAN_OWED",
        "RATE_NOT_LOWER",
        "CHANGES_NOTHING",
        "WRITTEN_OFF",
        "NOT_WRITTEN_OFF",
        "DOES_NOT_FIT",
    ],
)
def test_every_reason_why_not_can_be_said(reason: str, language: str) -> None:
    refusal = CorrectionImpossible(reason, most_fen=1_230)
    assert text(refusal.text_key, language, **refusal.details())
