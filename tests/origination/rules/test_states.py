"""The table of moves is the only way, and no order of the rail's words changes the end."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.origination.errors import DisbursementStepRefused, StepOutOfOrder
from app.origination.rules.states import (
    DISBURSEMENT_STEPS,
    ENDED,
    MOVES,
    ApplicationState,
    DisbursementState,
    Move,
    moved,
    step_on_word,
    stepped,
)
from app.payments.ports import RailStatus

S = ApplicationState
D = DisbursementState

PATH = (
    (Move.SUBMIT, S.SUBMITTED),
    (Move.ASK_FOR_MORE, S.ACTION_REQUIRED),
    (Move.SUBMIT, S.SUBMITTED),
    (Move.CONSIDER, S.DECIDING),
    (Move.OFFER, S.OFFERED),
    (Move.ACCEPT_OFFER, S.OFFER_ACCEPTED),
    (Move.CONFIRM_COST, S.COST_CONFIRMED),
    (Move.SIGN, S.SIGNED),
    (Move.COOL_OFF, S.COOLING_OFF),
    (Move.PAY_OUT, S.DISBURSING),
    (Move.BOOK, S.BOOKED),
)


def test_the_way_from_a_wish_to_a_loan_is_in_the_table() -> None:
    state = S.DRAFT
    for move, after in PATH:
        state = moved(state, move)
        assert state is after


def test_every_state_has_its_row_and_every_row_leads_to_a_state() -> None:
    assert set(MOVES) == set(S)
    assert {after for row in MOVES.values() for after in row.values()} <= set(S)


@given(st.sampled_from(S), st.sampled_from(Move))
def test_what_is_not_in_the_table_is_refused(state: S, move: Move) -> None:
    if move in MOVES[state]:
        assert moved(state, move) is MOVES[state][move]
    else:
        with pytest.raises(StepOutOfOrder) as refused:
            moved(state, move)
        assert refused.value.state == state.value
        assert refused.value.text_key == f"origination.out_of_order.{state.value}"


@given(st.lists(st.sampled_from(Move), max_size=60))
def test_no_walk_leaves_the_table_or_an_end(moves: list[Move]) -> None:
    state = S.DRAFT
    for move in moves:
        try:
            after = moved(state, move)
        except StepOutOfOrder:
            continue
        assert state not in ENDED or (state, after) == (S.DISBURSEMENT_FAILED, S.BOOKED)
        state = after
    assert state in MOVES


def test_nobody_signs_before_the_cost_is_confirmed_nor_is_paid_before_signing() -> None:
    into = {
        after: {state for state, row in MOVES.items() if after in row.values()} - {after}
        for after in S
    }
    assert into[S.COST_CONFIRMED] == {S.OFFER_ACCEPTED}
    assert into[S.SIGNED] == {S.COST_CONFIRMED}
    assert into[S.DISBURSING] == {S.SIGNED, S.COOLING_OFF}
    assert into[S.BOOKED] == {S.DISBURSING, S.DISBURSEMENT_FAILED}


def test_after_the_signature_nothing_expires_and_the_way_back_is_open_until_the_money_goes() -> (
    None
):
    for state in (S.SIGNED, S.COOLING_OFF, S.DISBURSING, S.BOOKED):
        assert Move.EXPIRE not in MOVES[state]
    assert Move.WITHDRAW in MOVES[S.SIGNED]
    assert Move.WITHDRAW not in MOVES[S.DISBURSING]


@given(st.sampled_from(D), st.sampled_from(D))
def test_a_disbursement_takes_only_the_steps_of_its_table(state: D, wanted: D) -> None:
    if wanted in DISBURSEMENT_STEPS[state]:
        assert stepped(state, wanted) is wanted
    else:
        with pytest.raises(DisbursementStepRefused):
            stepped(state, wanted)


WORDS = (
    (RailStatus.PENDING, True),
    (RailStatus.FAILED, True),
    (RailStatus.SUCCEEDED, True),
    (RailStatus.SUCCEEDED, False),
    (RailStatus.UNKNOWN, True),
)


@given(st.lists(st.sampled_from(WORDS), max_size=4))
def test_the_end_of_a_disbursement_does_not_depend_on_the_order_of_words(
    words: list[tuple[RailStatus, bool]],
) -> None:
    ends: set[D] = set()
    for order in permutations(words):
        state = D.SENT
        for said, is_amount_right in order:
            state = step_on_word(state, said, is_amount_right=is_amount_right) or state
        ends.add(state)
    assert len(ends) == 1


@pytest.mark.parametrize("state", [D.RESERVED, D.CANCELLED, D.EXPIRED, D.SUCCEEDED])
@pytest.mark.parametrize(("said", "is_amount_right"), WORDS)
def test_words_about_money_never_sent_or_already_there_say_nothing_new(
    state: D,
    said: RailStatus,
    is_amount_right: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert step_on_word(state, said, is_amount_right=is_amount_right) is None
