"""A refund takes the steps of its table and no others; the rail's words lead along them."""

import pytest

from app.payments.errors import RefundStepRefused
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules.refunds import (
    REFUND_STEPS,
    RefundFailure,
    RefundStatus,
    refund_step,
    refund_step_on_word,
)


@pytest.mark.parametrize("status", RefundStatus)
@pytest.mark.parametrize("wanted", RefundStatus)
def test_only_the_steps_of_the_table_are_taken(status: RefundStatus, wanted: RefundStatus) -> None:
    if wanted in REFUND_STEPS[status]:
        assert refund_step(status, wanted) is wanted
        return
    with pytest.raises(RefundStepRefused) as refused:
        refund_step(status, wanted)
    assert (refused.value.status, refused.value.wanted) == (status.value, wanted.value)


@pytest.mark.parametrize("is_later", [False, True])
@pytest.mark.parametrize("status", RefundStatus)
@pytest.mark.parametrize("said", RailStatus)
def test_a_word_never_leads_off_the_table(
    said: RailStatus, status: RefundStatus, *, is_later: bool
) -> None:
    wanted = refund_step_on_word(status, said, is_later=is_later)
    assert wanted is None or wanted in REFUND_STEPS[status]
    if said in {RailStatus.PENDING, RailStatus.UNKNOWN} or status is RefundStatus.REQUESTED:
        assert wanted is None


@pytest.mark.parametrize("reason", [None, *FailureReason])
def test_every_reason_of_the_rail_is_one_of_ours(reason: FailureReason | None) -> None:
    assert RefundFailure.of(reason) in RefundFailure
