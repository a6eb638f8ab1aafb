"""A ticket's life is one table; what is not in it is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from app.foundation.errors import Refusal
from app.support.errors import TicketClosed, TicketNotAnswered
from app.support.rules import (
    ANSWER_DAYS,
    NEXT,
    WAITING,
    Category,
    Step,
    TicketState,
    due_at,
    next_state,
)

REFUSED = [(state, step) for state in TicketState for step in Step if (state, step) not in NEXT]


@pytest.mark.parametrize(("state", "step"), NEXT)
def test_a_step_in_the_table_leads_where_it_says(state: TicketState, step: Step) -> None:
    assert next_state(state, step) is NEXT[state, step]


@pytest.mark.parametrize(("state", "step"), REFUSED)
def test_a_step_that_is_not_in_the_table_is_refused(state: TicketState, step: Step) -> None:
    refusal: type[Refusal] = TicketClosed if state is TicketState.CLOSED else TicketNotAnswered
    with pytest.raises(refusal):
        next_state(state, step)


def test_nothing_is_closed_without_an_answer() -> None:
    before_closing = {state for (state, step), _ in NEXT.items() if step is Step.CLOSE}
    assert before_closing == {TicketState.ANSWERED}


def test_every_reply_to_an_answer_makes_it_our_turn_again() -> None:
    assert next_state(TicketState.ANSWERED, Step.REPLY) in WAITING


def test_every_category_but_the_laws_has_a_promise_of_ours() -> None:
    assert set(ANSWER_DAYS) == set(Category) - {Category.COMPLAINT}


def test_an_answer_is_due_so_many_calendar_days_later_at_the_same_hour() -> None:
    opened = datetime(2026, 2, 20, 10, 30, tzinfo=UTC)
    assert due_at(opened, 15) == datetime(2026, 3, 7, 10, 30, tzinfo=UTC)
    assert due_at(opened, 3) - opened == timedelta(days=3)
